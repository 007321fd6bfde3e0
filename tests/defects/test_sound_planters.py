"""Shift, music and band limit do what their severity says, measured from the sound and from the planted files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avcur.defects.band_limited import BandLimited
from avcur.defects.base import AudioPlanter
from avcur.defects.level import active_level
from avcur.defects.music_under_speech import MusicUnderSpeech
from avcur.defects.plant import DefectiveSource
from avcur.defects.sound_shifted import SoundShifted
from avcur.media.decode import frames, read_audio
from avcur.media.encode import write_audio, write_video
from avcur.records import Recording
from tests.helpers.media import Waveform, numbered_video
from tests.helpers.planting import Listed, lead

SOUND: list[AudioPlanter] = [SoundShifted(rate=1), MusicUnderSpeech(rate=1), BandLimited(rate=1)]


def _name(value: object) -> str:
    return type(value).__name__


def noise(seconds: float = 2.0, seed: int = 0) -> Waveform:
    return np.random.default_rng(seed).normal(0, 0.05, round(16_000 * seconds)).astype(np.float32)


def spoilt(recording: Recording, planter: AudioPlanter, root: Path) -> tuple[Recording, float]:
    """The planted recording and its severity by the truth."""
    source = DefectiveSource(Listed([recording]), {"planted": planter}, 0, root, num_workers=0)
    return source.recordings()[0], source.truth()["severity"][0]


def above(waveform: Waveform, hertz: float) -> float:
    """Mean power per bin above a frequency."""
    spectrum = np.abs(np.fft.rfft(waveform)) ** 2
    return float(spectrum[np.fft.rfftfreq(len(waveform), 1 / 16_000) > hertz].mean())


@pytest.mark.parametrize("planter", SOUND, ids=_name)
@pytest.mark.parametrize("length", [0, 1, 100, 5000, 16_001])
def test_lengths_and_inputs_are_kept_however_short(planter: AudioPlanter, length: int) -> None:
    wave = noise()[:length]
    before = wave.copy()
    for seed in range(4):
        rng = np.random.default_rng(seed)
        out = planter.transform(wave, planter.severity(rng), rng)
        assert out.shape == wave.shape
        assert out.dtype == np.float32
        assert np.isfinite(out).all()
    np.testing.assert_array_equal(wave, before)


@pytest.mark.parametrize("seconds", [0.25, 0.6, -0.12, -0.6])
def test_a_positive_shift_makes_the_sound_lead(seconds: float) -> None:
    wave, ahead = noise(), round(seconds * 16_000)
    out = SoundShifted(rate=1).transform(wave, seconds, np.random.default_rng(0))
    kept = slice(0, 32_000 - ahead) if ahead > 0 else slice(-ahead, 32_000)
    np.testing.assert_array_equal(out[kept], wave[max(ahead, 0) : 32_000 + min(ahead, 0)])
    assert lead(wave, out) == ahead


@pytest.mark.parametrize("seconds", [0.5, -0.5])
def test_what_a_shift_uncovers_sounds_like_its_surroundings(seconds: float) -> None:
    tone = np.sin(2 * np.pi * 220 * np.arange(32_000) / 16_000).astype(np.float32)
    out = SoundShifted(rate=1).transform(tone, seconds, np.random.default_rng(0))
    filled = out[-8000:] if seconds > 0 else out[:8000]
    assert np.std(filled) == pytest.approx(np.std(tone), rel=0.01)
    assert np.abs(np.diff(out)).max() <= np.abs(np.diff(tone)).max() + 1e-6  # no click


def test_shifts_are_drawn_to_both_sides_within_their_range() -> None:
    drawn = np.array([SoundShifted(rate=1).severity(np.random.default_rng(seed)) for seed in range(200)])
    assert 60 < (drawn > 0).sum() < 140
    assert 0.12 <= np.abs(drawn).min() < 0.15
    assert 0.57 < np.abs(drawn).max() <= 0.6


@pytest.mark.parametrize("ratio", [-5.0, 3.0, 10.0])
def test_music_lies_under_the_speech_at_the_ratio_of_active_levels(ratio: float) -> None:
    wave = noise(4.0)
    wave[32_000:] *= 1e-4  # a pause, so that the active level is not the overall one
    music = MusicUnderSpeech(rate=1).transform(wave, ratio, np.random.default_rng(1)) - wave
    assert 20 * np.log10(active_level(wave) / active_level(music)) == pytest.approx(ratio, abs=0.1)
    assert np.std(music[32_000:]) == pytest.approx(np.std(music[:32_000]), rel=0.5)  # from end to end


def test_music_has_tones_is_another_piece_each_time_and_never_clips() -> None:
    planter = MusicUnderSpeech(rate=1)
    one, two = (planter.transform(noise() * 1e-6, 0.0, np.random.default_rng(seed)) for seed in (1, 2))
    power = np.sort(np.abs(np.fft.rfft(one)) ** 2)[::-1]
    assert power[:160].sum() > 0.8 * power.sum()  # 1 % of the bins; of noise it would be 6 %
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.5
    assert 20 * np.log10(active_level(one)) == pytest.approx(-35, abs=0.1)  # heard in a silent recording
    loud = planter.transform(10 * noise(), -5.0, np.random.default_rng(0))
    assert float(np.abs(loud).max()) < 0.951


@pytest.mark.parametrize("cutoff", [2500.0, 3350.0, 4000.0])
def test_nothing_is_left_above_the_cutoff_and_all_of_it_below(cutoff: float) -> None:
    wave = noise()
    out = BandLimited(rate=1).transform(wave, cutoff, np.random.default_rng(0))
    assert 10 * np.log10(above(out, 1.05 * cutoff) / above(wave, 1.05 * cutoff)) < -45
    low = np.fft.rfftfreq(len(wave), 1 / 16_000) < 0.9 * cutoff
    np.testing.assert_allclose(np.fft.rfft(out)[low], np.fft.rfft(wave)[low], rtol=0, atol=0.3)  # of about 9 each
    assert lead(wave, out) == 0


def test_cutoffs_are_drawn_in_steps_of_50_hz() -> None:
    drawn = {BandLimited(rate=1).severity(np.random.default_rng(seed)) for seed in range(300)}
    assert drawn == {float(hertz) for hertz in range(2500, 4001, 50)}


def test_defaults_spare_audio_types_that_they_would_falsify() -> None:
    hit = {
        _name(planter): {
            name
            for name, recording in {
                "video": Recording("v", Path("v.mp4")),
                "utterance": Recording("u", Path("u.wav"), speaker="s"),
                **{kind: Recording("a", Path("a.wav"), audio_type=kind) for kind in ("speech", "music", "neither")},
            }.items()
            if planter.hits(recording)
        }
        for planter in SOUND
    }
    assert hit == {
        "SoundShifted": {"video"},
        "MusicUnderSpeech": {"video", "utterance"},
        "BandLimited": {"video", "utterance", "speech"},
    }


def test_the_planted_video_is_shifted_to_the_sample_and_its_picture_stays(tmp_path: Path) -> None:
    clean = Recording("v", numbered_video(tmp_path / "v.mp4", 50, audio=noise()))
    planted, severity = spoilt(clean, SoundShifted(rate=1), tmp_path / "planted")
    before, after = read_audio(clean.path), read_audio(planted.path)
    assert abs(len(after) - len(before)) <= 1024  # a frame of AAC
    assert lead(before, after) == round(severity * 16_000)
    pairs = zip(frames(clean.path), frames(planted.path), strict=True)
    assert max(float(np.abs(a.image.astype(int) - b.image).mean()) for a, b in pairs) < 4


def test_planted_utterances_have_the_music_and_the_band_of_their_truth(tmp_path: Path) -> None:
    write_audio(tmp_path / "u.wav", noise(3.0))
    clean = Recording("u", tmp_path / "u.wav", speaker="s")
    before = read_audio(clean.path)
    over, ratio = spoilt(clean, MusicUnderSpeech(rate=1), tmp_path / "music")
    music = read_audio(over.path) - before
    assert 20 * np.log10(active_level(before) / active_level(music)) == pytest.approx(ratio, abs=0.1)
    low, cutoff = spoilt(clean, BandLimited(rate=1), tmp_path / "band")
    assert 10 * np.log10(above(read_audio(low.path), 1.05 * cutoff) / above(before, 1.05 * cutoff)) < -35  # of 16 bits


def test_a_silent_video_stays_silent_where_its_own_sound_is_what_changes(tmp_path: Path) -> None:
    picture = np.full((64, 64, 3), 90, np.uint8)
    write_video(tmp_path / "v.mp4", [picture] * 25, 25, np.zeros(16_000, np.float32))
    for number, planter in enumerate((SoundShifted(rate=1), BandLimited(rate=1))):
        planted, _ = spoilt(Recording("v", tmp_path / "v.mp4"), planter, tmp_path / str(number))
        assert not read_audio(planted.path).any()


def test_a_real_talker_is_shifted_to_the_sample(real_media: Path, tmp_path: Path) -> None:
    clean = Recording("grid", real_media / "video" / "grid_bbaf2n.mpg")
    planted, severity = spoilt(clean, SoundShifted(rate=1), tmp_path)
    assert 0.12 <= abs(severity) <= 0.6
    assert lead(read_audio(clean.path), read_audio(planted.path)) == round(severity * 16_000)


@pytest.mark.parametrize(("name", "seconds"), [("audio_early_400ms", 0.4), ("audio_late_400ms", -0.4)])
def test_the_sign_is_that_of_real_recordings_whose_sound_was_put_early_and_late(
    real_media: Path, name: str, seconds: float
) -> None:
    original = read_audio(real_media / "video" / "retalking_5.mp4")
    ours = SoundShifted(rate=1).transform(original, seconds, np.random.default_rng(0))
    assert abs(lead(ours, read_audio(real_media / "derived" / f"{name}.mp4"))) <= 160  # 10 ms
