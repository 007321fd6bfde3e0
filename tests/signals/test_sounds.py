from __future__ import annotations

import pickle
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import torch

from avcur.media.decode import read_audio
from avcur.signals.bandwidth import Bandwidth
from avcur.signals.base import Signal
from avcur.signals.clipping import Clipping
from avcur.signals.dc_offset import DcOffset
from avcur.signals.duration import Duration
from avcur.signals.levels import frame_power
from avcur.signals.loudness import Loudness, integrated_loudness
from avcur.signals.noise import Noise, snr
from avcur.signals.silence import Silence
from avcur.signals.speaker_changes import SpeakerChanges
from avcur.signals.voice_activity import VoiceActivity, find_speech
from avcur.signals.wada_snr import WadaSnr
from tests.helpers.looks import look_of
from tests.helpers.media import noise, tone
from tests.signals.clips import picture, sound, still, values

SILENCE = np.zeros(32_000, np.float32)
SIGNALS: tuple[Signal, ...] = (
    VoiceActivity(), Noise(), Loudness(), Clipping(), WadaSnr(), DcOffset(), Silence(), Bandwidth(), SpeakerChanges(),
)  # fmt: skip


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: type(signal).__name__)
def test_a_picture_without_sound_and_a_still_are_not_applicable(signal: Signal) -> None:
    look = look_of({}, 25)
    assert signal.reads == "sound"
    assert set(values(signal.measure(picture(look))).values()) == {"no audio stream"}
    assert set(values(signal.measure(still(look, 0.4))).values()) == {"a still has no sound"}


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: type(signal).__name__)
@pytest.mark.parametrize("length", [0, 1, 160, 400, 512, 6400])
def test_sound_of_any_length_is_measured_or_not_applicable(signal: Signal, length: int, tmp_path: Path) -> None:
    media = sound(tmp_path, noise(1.0))
    media.__dict__["waveform"] = noise(1.0)[:length]
    found = values(signal.measure(media))
    assert all(np.isfinite(value) if isinstance(value, float) else value for value in found.values())


def test_duration_is_the_clip_s(tmp_path: Path) -> None:
    assert Duration().measure(sound(tmp_path, noise(1.25)))["duration"].value == 1.25
    assert Duration().measure(still(look_of({}, 25), 0.4))["duration"].value == pytest.approx(0.04)


def test_digital_silence_has_no_speech_no_clipping_and_no_level(tmp_path: Path) -> None:
    media = sound(tmp_path, SILENCE)
    assert VoiceActivity().measure(media)["speech_ratio"].value == 0.0
    assert Clipping().measure(media)["clipping"].value == 0.0
    for signal, column in ((Noise(), "snr"), (Loudness(), "loudness")):
        found = signal.measure(media)[column]
        assert (found.state, found.reason) == ("not_applicable", "silence")


def test_loudness_of_the_reference_tone(tmp_path: Path) -> None:
    """BS.1770: a full-scale 997 Hz sine on one channel reads -3.01 LUFS."""
    found = Loudness().measure(sound(tmp_path, tone(3.0, 997, level=0.1)))["loudness"]
    assert found.value == pytest.approx(-3.01 - 20, abs=0.15)


@pytest.mark.parametrize("length", [6400, 7000, 17_123, 30 * 16_000, 31 * 16_000 + 801, 61 * 16_000 + 977])
def test_loudness_in_pieces_is_pyloudnorm_s(length: int) -> None:
    swelling = noise(length / 16_000) * np.abs(np.sin(np.arange(length) / 9000)).astype(np.float32)
    wanted = pyloudnorm.Meter(16_000).integrated_loudness(swelling.astype(np.float64))
    assert integrated_loudness(swelling) == pytest.approx(wanted, abs=1e-9)


def test_an_offset_is_a_share_of_full_scale_either_way(tmp_path: Path) -> None:
    for offset in (0.25, -0.25):
        shifted = DcOffset().measure(sound(tmp_path, tone(1.0) + np.float32(offset)))["dc_offset"]
        assert shifted.value == pytest.approx(0.25, abs=1e-4)
    assert DcOffset().measure(sound(tmp_path, tone(1.0)))["dc_offset"].value == pytest.approx(0, abs=5e-5)


def test_silence_is_a_share_of_the_time(tmp_path: Path) -> None:
    half = np.concatenate([tone(1.0), np.zeros(16_000, np.float32)])
    assert Silence().measure(sound(tmp_path, half))["silence_ratio"].value == 0.5
    assert Silence().measure(sound(tmp_path, SILENCE))["silence_ratio"].value == 1.0


@pytest.mark.parametrize(("level", "share"), [(0.0009, 1.0), (0.0011, 0.0)])
def test_silence_begins_below_a_level(tmp_path: Path, level: float, share: float) -> None:
    """-60 dBFS of RMS is 0.001; an offset is no sound."""
    waveform = tone(1.0, 1000, level * 2**0.5) + np.float32(0.1)
    assert Silence().measure(sound(tmp_path, waveform))["silence_ratio"].value == share
    assert Silence(level=-40).measure(sound(tmp_path, waveform))["silence_ratio"].value == 1.0


def test_power_in_pieces_is_that_of_the_whole() -> None:
    waveform = noise(61.01)
    wanted = waveform[: 3050 * 320].reshape(-1, 320).astype(np.float64).var(axis=1)
    assert frame_power(waveform) == pytest.approx(wanted, rel=1e-12)


def test_a_blip_is_too_short_for_loudness(tmp_path: Path) -> None:
    assert "shorter than 0.4 s" in str(Loudness().measure(sound(tmp_path, tone(0.2)))["loudness"].reason)


def test_clipping_is_the_share_at_full_scale(tmp_path: Path) -> None:
    waveform = noise(1.0, level=0.05)
    waveform[:1600] = np.sign(waveform[:1600])
    assert Clipping().measure(sound(tmp_path, waveform))["clipping"].value == pytest.approx(0.1, abs=1e-3)
    clipped = np.clip(tone(1.0, level=2.0), -1, 1)
    assert Clipping().measure(sound(tmp_path, clipped))["clipping"].value == pytest.approx(2 / 3, abs=0.02)


@pytest.mark.parametrize("asked", [0.0, 10.0, 30.0])
def test_snr_of_bursts_over_a_known_floor(asked: float) -> None:
    floor = noise(4.0, level=0.003, seed=1)
    burst = noise(4.0, level=0.003 * 10 ** (asked / 20), seed=2)
    burst[:16_000] = 0
    burst[48_000:] = 0
    assert snr(frame_power(floor + burst), ((16_000, 48_000),)) == pytest.approx(asked, abs=1.0)


def test_snr_without_a_pause_uses_the_quietest_frames_and_stays_in_its_limits() -> None:
    envelope = np.where(np.arange(64_000) // 3200 % 2, 1.0, 0.0).astype(np.float32)
    speech = noise(4.0, level=0.1, seed=1) * envelope
    noisy = snr(frame_power(speech + noise(4.0, level=0.01, seed=2)), ((0, 64_000),))
    assert 12 < noisy < 24
    assert snr(frame_power(speech), ((0, 64_000),)) == 60.0


def test_noise_is_no_speech(tmp_path: Path) -> None:
    media = sound(tmp_path, noise(3.0))
    assert VoiceActivity().measure(media)["speech_ratio"].value == pytest.approx(0.0, abs=0.05)
    assert Noise().measure(media)["snr"].reason == "no speech"


def test_the_thread_count_survives_and_signals_stay_small() -> None:
    threads = torch.get_num_threads()
    signal = VoiceActivity(threshold=0.4)
    find_speech(SILENCE, 0.5)
    assert torch.get_num_threads() == threads
    assert len(pickle.dumps(signal)) < 500
    assert asdict(signal).keys() == {"threshold", "weights"}
    assert asdict(signal)["weights"].startswith("silero-vad ")


def test_importing_the_network_in_a_fresh_process_keeps_its_threads() -> None:
    import subprocess
    import sys

    code = (
        "import torch, numpy as np; torch.set_num_threads(2);"
        "from avcur.signals.voice_activity import find_speech; find_speech(np.zeros(16000, np.float32), 0.5);"
        "assert torch.get_num_threads() == 2, torch.get_num_threads()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_real_speech_is_heard_and_noise_lowers_its_snr(real_media: Path, tmp_path: Path) -> None:
    path = sorted((real_media / "audio_type" / "speech").glob("*.flac"))[0]
    speech = read_audio(path)
    clean = sound(tmp_path, speech)
    level = float(np.sqrt(np.mean(speech**2)))
    noisy = sound(tmp_path / "noisy", speech + noise(len(speech) / 16_000, level=level, seed=1)[: len(speech)])
    assert (VoiceActivity().measure(clean)["speech_ratio"].value or 0) > 0.6
    quiet, loud = (Noise().measure(m)["snr"].value for m in (clean, noisy))
    assert quiet is not None
    assert loud is not None
    assert loud < 10 < quiet


def test_real_music_is_no_speech(real_media: Path, tmp_path: Path) -> None:
    for path in sorted((real_media / "audio_type" / "music").glob("*.flac"))[:3]:
        found = VoiceActivity().measure(sound(tmp_path, read_audio(path)))["speech_ratio"]
        assert (found.value or 0.0) < 0.3
