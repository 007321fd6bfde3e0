import numpy as np
import pytest
from numpy.typing import NDArray

from avcur.sync.lags import LEAST_FRAMES, TooShortError, score, smoothed

LAG = 15


def distances(mouth: NDArray[np.float64], sound: NDArray[np.float64], max_lag: int = LAG) -> NDArray[np.float32]:
    """Euclidean distances of embeddings (T, D) and (S, D): column c compares frame i with sound i - (c - max_lag)."""
    result = np.full((len(mouth), 2 * max_lag + 1), np.nan, np.float32)
    for column in range(2 * max_lag + 1):
        at = np.arange(len(mouth)) - (column - max_lag)
        there = (at >= 0) & (at < len(sound))
        result[there, column] = np.linalg.norm(mouth[there] - sound[at[there]], axis=1)
    return result


def embeddings(rng: np.random.Generator, num_frames: int, over: int = 5) -> NDArray[np.float64]:
    """Random unit vectors in 16 dimensions that change as slowly as those of `over` overlapping frames do."""
    raw = rng.normal(size=(num_frames + over - 1, 16))
    smooth = sum(raw[k : k + num_frames] for k in range(over))
    return smooth / np.linalg.norm(smooth, axis=1, keepdims=True)


@pytest.mark.parametrize("offset", [-15, -10, -1, 0, 1, 7, 15])
def test_a_planted_offset_is_found_with_its_sign(offset: int) -> None:
    rng = np.random.default_rng(abs(offset))
    whole = embeddings(rng, 160)
    # Sound that leads by n frames shows at frame i what the mouth shows at frame i + n.
    mouth, sound = whole[30:130], whole[30 + offset : 130 + offset]
    found = score(distances(mouth, sound + rng.normal(0, 0.1, sound.shape)))
    assert found.offset == offset
    assert found.confidence > 0.3
    assert found.distance == pytest.approx(np.sqrt(16) * 0.1, rel=0.1)


@pytest.mark.parametrize("num_frames", [75, 250])
@pytest.mark.parametrize(("over", "most"), [(1, 0.17), (5, 0.24)])
def test_unrelated_sound_does_not_gather_at_the_ends(num_frames: int, over: int, most: float) -> None:
    """Chance is 4 / 31 = 0.13 where frames are independent; a smooth curve is lowest at an end somewhat more often."""
    rng = np.random.default_rng(0)
    pairs = [(embeddings(rng, num_frames, over), embeddings(rng, num_frames, over)) for _ in range(400)]
    found = [score(distances(mouth, sound)).offset for mouth, sound in pairs]
    assert 0.08 < np.mean(np.abs(found) >= 14) < most


def test_where_sound_is_missing_other_lags_do_not_profit() -> None:
    rng = np.random.default_rng(0)
    table = distances(embeddings(rng, 100), embeddings(rng, 100))
    table[:40, 20] = np.nan
    table[40:, 20] = table[40:, 20] - 0.05
    without = table[40:]
    assert score(table).offset == score(without).offset
    assert score(table).distance == pytest.approx(score(without).distance)


def test_frames_without_a_face_or_sound_are_left_out() -> None:
    rng = np.random.default_rng(1)
    whole = embeddings(rng, 150)
    table = distances(whole[20:120], whole[23:123])
    table[50:60] = np.nan
    found = score(table)
    assert found.offset == 3
    assert np.isnan(found.frame_confidence[50:60]).all()
    assert np.isfinite(found.frame_confidence[5:50]).all()
    assert found.frame_confidence.shape == (100,)


def test_sound_that_ends_early() -> None:
    rng = np.random.default_rng(2)
    whole = embeddings(rng, 150)
    found = score(distances(whole[20:120], whole[16:80]))
    assert found.offset == -4
    assert np.isnan(found.frame_confidence[64:]).all()


@pytest.mark.parametrize(("num_frames", "reach"), [(40, 15), (39, 14), (30, 10), (12, 1)])
def test_short_clips_are_searched_over_fewer_lags(num_frames: int, reach: int) -> None:
    rng = np.random.default_rng(3)
    table = distances(embeddings(rng, num_frames), embeddings(rng, num_frames))
    column = LAG - reach - 1
    if column >= 0:
        table[np.isfinite(table[:, column]), column] = 0.0  # the best by far, but beyond what can be searched
        assert score(table).offset >= -reach
    table[np.isfinite(table[:, column + 1]), column + 1] = 0.0
    assert score(table).offset == -reach


def test_too_short_a_clip_says_so() -> None:
    rng = np.random.default_rng(4)
    table = distances(embeddings(rng, 11), embeddings(rng, 11))
    with pytest.raises(TooShortError, match=f"9 of 11 frames .* {LEAST_FRAMES} are needed"):
        score(table)
    with pytest.raises(TooShortError):
        score(np.full((100, 31), np.nan, np.float32))


def test_of_equal_lags_the_one_nearest_to_zero() -> None:
    found = score(np.full((50, 31), 2.0, np.float32))
    assert (found.offset, found.confidence, found.distance) == (0, 0.0, 2.0)


def test_confidence_over_time_falls_where_the_sound_is_anothers() -> None:
    rng = np.random.default_rng(5)
    whole = embeddings(rng, 260)
    sound = whole[20:220].copy()
    sound[100:] = embeddings(rng, 100)
    found = score(distances(whole[20:220], sound))
    assert found.offset == 0
    assert np.median(found.frame_confidence[10:90]) > np.median(found.frame_confidence[110:190]) + 0.5


def test_smoothing_is_a_median_of_what_is_there() -> None:
    values = np.array([np.nan, 1.0, 9.0, 1.0, 1.0, np.nan, 3.0], np.float32)
    np.testing.assert_array_equal(smoothed(values), np.array([np.nan, 1, 1, 1, 1, np.nan, 2], np.float32))
