from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from avcur.crops.write import write_crops
from avcur.errors import UserError
from avcur.media.decode import pictures, read_audio
from avcur.media.standardise import Standardiser
from avcur.records import Recording
from avcur.segment.face_tracks import FaceTracks
from avcur.sync.backend import Waveform
from avcur.sync.lags import score
from avcur.sync.lip_motion import CONTEXT, LipMotion, around, standard_error
from tests.sync.test_jaw import Image, face

LAG = 15


def syllables(rng: np.random.Generator, num_frames: int) -> NDArray[np.float64]:
    """How far a mouth is open, 0 to about 1, at the rate of speech."""
    raw = gaussian_filter1d(rng.normal(size=num_frames), 1.2)
    return np.asarray(0.5 + 0.25 * raw / raw.std())


def mouth(openings: NDArray[np.float64], gain: float = 1.0) -> list[Image]:
    return [face(3 * opening, gain=gain) for opening in openings]


def voice(rng: np.random.Generator, openings: NDArray[np.float64]) -> Waveform:
    """Noise that is louder the wider the mouth is open."""
    loudness = np.interp(np.arange(640 * len(openings)) / 640, np.arange(len(openings)) + 0.5, openings)
    return (0.05 * np.exp(3 * (loudness - 1)) * rng.normal(size=len(loudness))).astype(np.float32)


@pytest.mark.parametrize("offset", [-15, -7, 0, 1, 12])
def test_a_planted_offset_is_found_with_its_sign(offset: int) -> None:
    rng = np.random.default_rng(3)
    openings = syllables(rng, 160)
    seen, heard = mouth(openings[30:130]), voice(rng, openings)[640 * (30 + offset) : 640 * (130 + offset)]
    found = score(LipMotion().distances(iter(seen), heard, LAG))
    assert found.offset == offset
    assert found.confidence > 4


@pytest.mark.parametrize("num_frames", [40, 75, 250])
def test_unrelated_sound_has_the_same_confidence_in_clips_of_any_length(num_frames: int) -> None:
    rng = np.random.default_rng(num_frames)
    backend, faces = LipMotion(), mouth(syllables(rng, num_frames))
    sounds = [voice(rng, syllables(rng, num_frames)) for _ in range(40)]
    found = [score(backend.distances(iter(faces), sound, LAG)) for sound in sounds]
    assert 1.3 < np.median([one.confidence for one in found]) < 2.9
    assert np.mean([abs(one.offset) >= 14 for one in found]) < 0.35


def test_distances_are_there_where_sound_is() -> None:
    rng = np.random.default_rng(0)
    found = LipMotion().distances(iter(mouth(syllables(rng, 60))), voice(rng, syllables(rng, 50)), LAG)
    frame, column = np.indices((60, 2 * LAG + 1))
    sound = frame - (column - LAG)
    np.testing.assert_array_equal(np.isfinite(found), (sound >= 0) & (sound < 50))
    assert found.dtype == np.float32


def test_gain_and_brightness_do_not_matter() -> None:
    rng = np.random.default_rng(1)
    openings = syllables(rng, 100)
    heard, backend = voice(rng, openings), LipMotion()
    plain = score(backend.distances(iter(mouth(openings)), heard, LAG))
    other = score(backend.distances(iter(mouth(openings, gain=0.6)), np.float32(0.1) * heard, LAG))
    assert other.offset == plain.offset == 0
    assert other.confidence == pytest.approx(plain.confidence, rel=0.03)


def test_confidence_over_time_falls_where_the_sound_is_anothers() -> None:
    rng = np.random.default_rng(2)
    openings = syllables(rng, 300)
    heard = np.concatenate([voice(rng, openings[:150]), voice(rng, syllables(rng, 150))])
    over_time = score(LipMotion().distances(iter(mouth(openings)), heard, LAG)).frame_confidence
    own, others = over_time[: 150 - CONTEXT], over_time[150 + CONTEXT :]
    assert np.nanmedian(own) > 4
    assert np.nanmedian(others) < 1.5


@pytest.mark.parametrize(("still", "silent"), [(True, False), (False, True), (True, True)])
def test_what_does_not_vary_has_no_offset(still: bool, silent: bool) -> None:
    rng = np.random.default_rng(4)
    openings = syllables(rng, 80)
    heard = np.zeros(640 * 80, np.float32) if silent else voice(rng, openings)
    found = score(LipMotion().distances(iter(mouth(openings * (not still))), heard, LAG))
    assert (found.offset, found.confidence, found.distance) == (0, 0.0, 1.0)


@pytest.mark.parametrize(("num_pictures", "num_sounds"), [(0, 30), (30, 0), (1, 1), (3, 40), (40, 2)])
def test_little_or_nothing_is_no_fault(num_pictures: int, num_sounds: int) -> None:
    rng = np.random.default_rng(5)
    found = LipMotion().distances(
        iter(mouth(syllables(rng, 40)[:num_pictures])), voice(rng, syllables(rng, 40))[: 640 * num_sounds], LAG
    )
    assert found.shape == (num_pictures, 2 * LAG + 1)
    assert np.isfinite(found[:, LAG]).sum() == min(num_pictures, num_sounds)


@pytest.mark.parametrize("num_frames", [36, 60, 150])
def test_the_standard_error_is_that_of_unrelated_sound(num_frames: int) -> None:
    """The spread of the mean r at lag 0 over the frames that have sound at every lag."""
    rng = np.random.default_rng(6)
    falling, rising = gaussian_filter1d(rng.normal(size=(2, 1000, num_frames)), 1.5, axis=-1)
    falling, rising = ((s - s.mean(axis=1, keepdims=True)) / s.std(axis=1, keepdims=True) for s in (falling, rising))
    common = slice(13, num_frames - 13)
    means = [around(a * b)[common].mean() for a, b in zip(falling, rising, strict=True)]
    errors = [standard_error(a, b, 13) for a, b in zip(falling, rising, strict=True)]
    assert np.median(errors) == pytest.approx(np.std(means), rel=0.2)


@pytest.mark.parametrize(("lowest", "highest"), [(0.0, 7.0), (7.0, 2.0), (2.0, 12.5)])
def test_a_band_that_25_frames_cannot_have_is_refused(lowest: float, highest: float) -> None:
    with pytest.raises(UserError, match="lowest < highest"):
        LipMotion(lowest, highest)


def test_real_sound_late_and_early(real_media: Path, tmp_path: Path) -> None:
    """The same clip with sound 10 frames late and 10 frames early; what it has of its own cancels out."""
    offsets = [found_in(real_media / "derived" / f"audio_{how}_400ms.mp4", tmp_path / how) for how in ("late", "early")]
    assert offsets[1] - offsets[0] == 20


def found_in(path: Path, folder: Path) -> int:
    folder.mkdir()
    media, segment = Standardiser()(Recording(path.name, path), folder), FaceTracks()
    assert media.audio_path is not None
    (track,) = segment(media, segment.visual(media, 1)).tracks
    crop, backend = folder / "crop.mp4", LipMotion()
    write_crops(media, [track], [crop], backend.geometry)
    heard = read_audio(media.audio_path, 16_000, track.start, track.end)
    return score(backend.distances((picture.image for _, picture in pictures(crop, fps=25)), heard, LAG)).offset
