"""Each planter does what its severity says, and keeps size, length and number of frames."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avcur.defects.absent_face import AbsentFace
from avcur.defects.band_limited import BandLimited
from avcur.defects.base import AudioPlanter, Image, VideoPlanter, targets
from avcur.defects.blur import Blur
from avcur.defects.clipping import Clipping
from avcur.defects.face_turned import FaceTurned
from avcur.defects.frozen_frames import FrozenFrames
from avcur.defects.level import active_level
from avcur.defects.low_light import LowLight
from avcur.defects.low_resolution import LowResolution
from avcur.defects.music_under_speech import MusicUnderSpeech
from avcur.defects.near_duplicate import NearDuplicate
from avcur.defects.noise import Noise
from avcur.defects.silence import Silence
from avcur.defects.small_face import SmallFace
from avcur.defects.sound_shifted import SoundShifted
from avcur.errors import UserError
from avcur.records import Recording

VIDEO: list[VideoPlanter] = [
    Blur(rate=1), LowLight(rate=1), LowResolution(rate=1), AbsentFace(rate=1), FrozenFrames(rate=1), SmallFace(rate=1),
    NearDuplicate(rate=1),
]  # fmt: skip
AUDIO: list[AudioPlanter] = [
    Noise(rate=1), Clipping(rate=1), Silence(rate=1), SoundShifted(rate=1), MusicUnderSpeech(rate=1),
    BandLimited(rate=1),
]  # fmt: skip


def _name(value: object) -> str:
    return type(value).__name__


def pictures(count: int = 20) -> list[Image]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (96, 128, 3), dtype=np.uint8) for _ in range(count)]


def speech() -> np.ndarray:
    """Two seconds: one loud, one silent, so that the active level is not the overall level."""
    wave = np.random.default_rng(0).normal(0, 0.05, 32_000).astype(np.float32)
    wave[16_000:] *= 1e-4
    return wave


@pytest.mark.parametrize("planter", VIDEO, ids=_name)
def test_video_planters_stream_and_keep_sizes(planter: VideoPlanter) -> None:
    taken = itertools.count()

    def source() -> Iterator[Image]:
        for picture in pictures():
            next(taken)
            yield picture

    out = planter.transform(source(), 20, planter.severity(np.random.default_rng(1)), np.random.default_rng(2))
    next(iter(out))
    assert next(taken) <= 2  # streaming: the first frame needs the first frame alone
    rest = list(out)
    assert len(rest) == 19
    assert all(f.shape == (96, 128, 3) and f.dtype == np.uint8 for f in rest)


@pytest.mark.parametrize("planter", [*VIDEO, *AUDIO], ids=_name)
def test_severity_and_result_are_seeded(planter: Any) -> None:
    severities = {planter.severity(np.random.default_rng(7)) for _ in range(3)}
    assert len(severities) == 1
    severity = severities.pop()
    arguments = (iter(pictures(4)), 4) if isinstance(planter, VideoPlanter) else (speech(),)
    again = (iter(pictures(4)), 4) if isinstance(planter, VideoPlanter) else (speech(),)
    one = planter.transform(*arguments, severity, np.random.default_rng(3))
    two = planter.transform(*again, severity, np.random.default_rng(3))
    np.testing.assert_array_equal(np.asarray(list(one)), np.asarray(list(two)))


def test_blur_and_low_resolution_lose_detail_and_more_with_severity() -> None:
    def detail(planter: VideoPlanter, severity: float) -> float:
        out = next(iter(planter.transform(iter(pictures(1)), 1, severity, np.random.default_rng(0))))
        return float(np.abs(np.diff(out.astype(float), axis=1)).mean())

    assert detail(Blur(rate=1), 0.03) < detail(Blur(rate=1), 0.005) < 60
    assert detail(LowResolution(rate=1), 12) < detail(LowResolution(rate=1), 48) < 60


def test_low_light_leaves_the_share_of_light() -> None:
    out = next(iter(LowLight(rate=1, noise=0).transform(iter(pictures(1)), 1, 0.1, np.random.default_rng(0))))
    assert out.mean() == pytest.approx(0.1 * pictures(1)[0].mean(), abs=0.6)


def test_absent_face_replaces_one_stretch_of_the_asked_share() -> None:
    frames = pictures(40)
    out = list(AbsentFace(rate=1).transform(iter(frames), 40, 0.3, np.random.default_rng(1)))
    replaced = [i for i, (a, b) in enumerate(zip(frames, out, strict=True)) if not np.array_equal(a, b)]
    assert len(replaced) == 12
    assert replaced == list(range(replaced[0], replaced[0] + 12))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("share", [0.0, 0.02, 0.4, 0.95, 1.0])
def test_frozen_frames_repeat_the_asked_share_of_frames_in_few_stretches(share: float, seed: int) -> None:
    frames = pictures(50)
    out = list(FrozenFrames(rate=1, most=3).transform(iter(frames), 50, share, np.random.default_rng(seed)))
    still = [np.array_equal(a, b) for a, b in itertools.pairwise(out)]
    assert sum(still) == min(round(share * 50), 49)
    starts = sum(now and not before for before, now in itertools.pairwise([False, *still]))
    assert starts <= 3
    # What is shown again after a stretch is the picture of that time, so that the sound stays in sync.
    assert all(np.array_equal(a, b) for a, b, kept in zip(frames[1:], out[1:], still, strict=True) if not kept)


def test_frozen_frames_come_in_one_or_several_stretches() -> None:
    def stretches(seed: int) -> int:
        repeated = sorted(FrozenFrames(rate=1)._repeated(100, 0.3, np.random.default_rng(seed)))
        return 1 + sum(b - a > 1 for a, b in itertools.pairwise(repeated))

    assert {stretches(seed) for seed in range(30)} == {1, 2, 3}


def smooth() -> Image:
    """A picture whose parts are told apart by position alone: red across, green down."""
    y, x = np.mgrid[:96, :128]
    return np.stack([40 + x, 40 + y, np.full_like(x, 90)], axis=2).astype(np.uint8)


@pytest.mark.parametrize("planter", [SmallFace(rate=1), NearDuplicate(rate=1, light=(1, 1))], ids=_name)
def test_moved_pictures_show_the_original_where_they_say(planter: VideoPlanter) -> None:
    picture = smooth()
    for seed in range(5):
        severity = planter.severity(np.random.default_rng(seed))
        left, top, right, bottom = planter.placed(severity, np.random.default_rng(seed))
        out = next(planter.transform(iter([picture]), 1, severity, np.random.default_rng(seed)))
        for y, x in itertools.product((0.2, 0.5, 0.8), repeat=2):
            there = round((top + y * (bottom - top)) * 96 - 0.5), round((left + x * (right - left)) * 128 - 0.5)
            expected = 40 + x * 128 - 0.5, 40 + y * 96 - 0.5
            assert out[there][:2] == pytest.approx(expected, abs=2.5)


def test_a_small_face_lies_inside_among_plain_surroundings() -> None:
    rng = np.random.default_rng(0)
    left, top, right, bottom = SmallFace(rate=1).placed(0.5, np.random.default_rng(3))
    assert 0 < left < right < 1
    assert 0 < top < bottom < 1
    assert (right - left, bottom - top) == pytest.approx((0.5, 0.5))
    noise = rng.integers(0, 256, (96, 128, 3), dtype=np.uint8)
    out = next(SmallFace(rate=1).transform(iter([noise]), 1, 0.5, np.random.default_rng(3)))
    detail = np.abs(np.diff(out.astype(float), axis=1)).mean(axis=2)
    inside = detail[round(top * 96) + 2 : round(bottom * 96) - 2, round(left * 128) + 2 : round(right * 128) - 2]
    assert detail[: round(top * 96) - 2].mean() < 0.15 * inside.mean()


def test_a_near_duplicate_is_brighter_or_darker_and_loses_little() -> None:
    picture = smooth()
    for light in (0.9, 1.1):
        planter = NearDuplicate(rate=1, light=(light, light))
        out = next(planter.transform(iter([picture]), 1, 0.02, np.random.default_rng(0)))
        assert out.mean() == pytest.approx(light * picture.mean(), rel=0.02)
    left, top, right, bottom = NearDuplicate(rate=1).placed(0.02, np.random.default_rng(0))
    assert left <= 0 <= 1 <= right
    assert (right - left, bottom - top) == pytest.approx((1 / 0.98, 1 / 0.98))


@pytest.mark.parametrize("snr", [-5.0, 10.0])
def test_noise_is_added_at_the_ratio_to_the_active_level(snr: float) -> None:
    wave = speech()
    noisy = Noise(rate=1).transform(wave, snr, np.random.default_rng(1))
    added = float(np.sqrt(np.mean(np.square((noisy - wave).astype(float)))))
    assert 20 * np.log10(0.05 / added) == pytest.approx(snr, abs=0.3)
    assert active_level(wave) == pytest.approx(0.05, rel=0.05)


def test_noise_is_heard_in_a_silent_recording_and_never_clips() -> None:
    noisy = Noise(rate=1).transform(np.zeros(16_000, np.float32), 0.0, np.random.default_rng(0))
    assert 20 * np.log10(float(np.std(noisy))) == pytest.approx(-35, abs=0.5)
    loud = Noise(rate=1).transform(10 * speech(), -5.0, np.random.default_rng(0))
    assert float(np.abs(loud).max()) < 0.96


def test_clipping_puts_the_asked_share_at_full_scale() -> None:
    wave = np.random.default_rng(0).normal(0, 0.05, 16_000).astype(np.float32)
    out = Clipping(rate=1).transform(wave, 0.2, np.random.default_rng(0))
    assert float(np.mean(np.abs(out) >= 1)) == pytest.approx(0.2, abs=0.01)
    assert not Clipping(rate=1).transform(np.zeros(100, np.float32), 0.2, np.random.default_rng(0)).any()


def test_silence_mutes_one_stretch_of_the_asked_share() -> None:
    wave = np.ones(1000, np.float32)
    out = Silence(rate=1).transform(wave, 0.6, np.random.default_rng(0))
    muted = np.flatnonzero(out == 0)
    assert len(muted) == 600
    assert muted[-1] - muted[0] == 599
    assert wave.all()  # the input is not touched


def test_targets_name_the_medium_and_the_labels() -> None:
    assert targets(Recording("a", Path("a.MP4"), speaker="x")) == {"video", "speaker"}
    assert targets(Recording("b", Path("b.wav"), audio_type="both")) == {"audio", "audio_type", "both"}


def test_silence_spares_audio_types_and_noise_spares_neither() -> None:
    speech_clip, noise_clip = (Recording(t, Path("a.wav"), audio_type=t) for t in ("speech", "neither"))
    assert not Silence(rate=1).hits(speech_clip)
    assert not Silence(rate=1).hits(Recording("v", Path("v.mp4")))
    assert Noise(rate=1).hits(speech_clip)
    assert not Noise(rate=1).hits(noise_clip)
    assert not Blur(rate=1).hits(speech_clip)


@pytest.mark.parametrize(("changed", "said"), [({"rate": 1.5}, "rate"), ({"rate": 1, "on": ["speakers"]}, "speakers")])
def test_wrong_parameters_are_named(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        Noise(**changed)


@pytest.mark.parametrize(
    ("planter", "span"),
    [(SmallFace, {"scale": (0, 5)}), (FaceTurned, {"yaw": (50, 35)}), (FaceTurned, {"yaw": (35, 170)}),
     (FrozenFrames, {"share": (2, 3)}), (NearDuplicate, {"cut": (0.6, 0.9)}), (SoundShifted, {"seconds": (-0.6, 0.6)}),
     (MusicUnderSpeech, {"ratio": (10, -5)}), (BandLimited, {"cutoff": (2500, 8000)})],
)  # fmt: skip
def test_spans_that_no_defect_can_have_are_refused_by_name(planter: Any, span: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=rf"{planter.__name__}: {next(iter(span))} is \[low, high\] within"):
        planter(rate=0.1, **span)
