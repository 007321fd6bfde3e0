from __future__ import annotations

from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from avcur.signals.perceptual_hash import PerceptualHash, clip_hash, hamming, still_hash, to_bits
from avcur.visual.faces import Faces
from avcur.visual.look import Look
from tests.helpers.looks import look_of
from tests.helpers.media import SquareDetector, noise, seen
from tests.signals.clips import picture, sound, still, values

SAME = 10
"""Bits up to which two clips show the same."""
Thumbs = NDArray[np.uint8]


def _scene(seed: int) -> NDArray[np.float64]:
    """A soft random picture, grey levels (16, 16)."""
    coarse = np.random.default_rng(seed).normal(128, 60, (5, 5)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (16, 16), interpolation=cv2.INTER_CUBIC), np.float64)


def _clip(scene: int, movement: int, times: NDArray[np.float64]) -> Thumbs:
    """A bright head that sways before a scene on a path of its own, (K, 16, 16)."""
    rng = np.random.default_rng(100 + movement)
    phases, speeds = rng.uniform(0, 6.28, 4), rng.uniform(0.2, 1.2, 4)
    y, x = np.mgrid[0:16, 0:16]
    across = 8 + 1.2 * np.sin(speeds[0] * times + phases[0]) + 0.8 * np.sin(speeds[1] * times + phases[1])
    down = 8 + 1.2 * np.sin(speeds[2] * times + phases[2]) + 0.8 * np.sin(speeds[3] * times + phases[3])
    head = 90 * np.exp(-((x - across[:, None, None]) ** 2 + (y - down[:, None, None]) ** 2) / 12)
    return np.clip(_scene(scene) + head, 0, 255).round().astype(np.uint8)


TIMES = np.arange(0, 6, 0.2)


def _distance(a: int, b: int) -> int:
    return int(hamming(np.uint64(a), np.uint64(b)))


@pytest.mark.parametrize("change", ["brighter", "fainter", "noisy", "blurred"])
def test_what_coding_and_levels_change_hardly_counts(change: str) -> None:
    for seed in range(5):
        original = _clip(seed, seed, TIMES)
        grey = original.astype(np.float64)
        match change:
            case "brighter":
                grey = grey + 25
            case "fainter":
                grey = 128 + 0.7 * (grey - 128)
            case "noisy":
                grey = grey + np.random.default_rng(seed).normal(0, 1, grey.shape)
            case "blurred":
                grey = np.stack([cv2.GaussianBlur(image, (0, 0), 0.7) for image in grey])
        altered = np.clip(grey, 0, 255).round().astype(np.uint8)
        assert _distance(clip_hash(original, TIMES, 6.0), clip_hash(altered, TIMES, 6.0)) <= SAME


def test_a_few_frames_cut_off_and_another_rate_hardly_count() -> None:
    for seed in range(5):
        whole = clip_hash(_clip(seed, seed, TIMES), TIMES, 6.0)
        inner = np.arange(0.12, 5.88, 0.2)
        assert _distance(whole, clip_hash(_clip(seed, seed, inner), inner - 0.12, 5.76)) <= SAME
        slow = np.arange(0, 6, 1 / 3)
        assert _distance(whole, clip_hash(_clip(seed, seed, slow), slow, 6.0)) <= SAME


def test_other_scenes_and_other_movements_in_one_scene_differ() -> None:
    scenes = [clip_hash(_clip(seed, seed, TIMES), TIMES, 6.0) for seed in range(8)]
    room = [clip_hash(_clip(0, seed, TIMES), TIMES, 6.0) for seed in range(8)]
    for hashes in (scenes, room):
        assert min(_distance(a, b) for a, b in combinations(hashes, 2)) > SAME


def test_a_long_clip_is_not_aliased() -> None:
    """A minute that starts a tenth of a second later is the same minute."""
    times = np.arange(0, 60, 0.2)
    early = clip_hash(_clip(1, 1, times), times, 60.0)
    assert _distance(early, clip_hash(_clip(1, 1, times + 0.1), times, 60.0)) <= SAME


def test_bits_are_balanced() -> None:
    hashes = np.array([clip_hash(_clip(seed, seed, TIMES), TIMES, 6.0) for seed in range(200)], np.uint64)
    ones = np.array([[int(h) >> bit & 1 for bit in range(64)] for h in hashes]).mean(axis=0)
    assert ones.min() > 0.2
    assert ones.max() < 0.8


def test_a_frozen_clip_has_the_same_bits_after_rounding_noise() -> None:
    frozen = np.repeat(_clip(3, 3, TIMES[:1]), 30, axis=0)
    flickering = frozen.copy()
    flickering[:4, 5, 7] += 1
    assert _distance(clip_hash(frozen, TIMES, 6.0), clip_hash(flickering, TIMES, 6.0)) <= 2
    assert _distance(clip_hash(frozen, TIMES, 6.0), clip_hash(frozen[:1], TIMES[:1], 6.0)) == 0


def test_stills_of_one_scene_agree_and_others_differ() -> None:
    pictures = [_clip(seed, 0, TIMES[:1])[0] for seed in range(8)]
    darker = [(0.8 * image.astype(np.float64)).round().astype(np.uint8) for image in pictures]
    assert max(_distance(still_hash(a), still_hash(b)) for a, b in zip(pictures, darker, strict=True)) <= 8
    assert min(_distance(still_hash(a), still_hash(b)) for a, b in combinations(pictures, 2)) > 8


def test_the_columns_hold_all_64_bits_exactly() -> None:
    look = look_of({}, 25)
    found = values(PerceptualHash().measure(picture(look)))
    high, low = np.array([found["perceptual_hash_high"]]), np.array([found["perceptual_hash_low"]])
    assert to_bits(high, low).dtype == np.uint64
    assert to_bits(high, low).tolist() == [clip_hash(look.thumb, look.thumb_time, 1.0)]
    assert to_bits([2.0**32 - 1], [2.0**32 - 1]).tolist() == [2**64 - 1]


def test_hamming_counts_bits_of_all_pairs() -> None:
    hashes = np.array([0, 1, 2**63 + 1, 2**64 - 1], np.uint64)
    assert hamming(hashes[:, None], hashes[None])[0].tolist() == [0, 1, 2, 64]
    assert hamming(hashes[:, None], hashes[None]).T.tolist() == hamming(hashes[:, None], hashes[None]).tolist()


def test_a_clip_reads_its_own_thumbnails_only() -> None:
    first, second = _clip(0, 0, TIMES), _clip(1, 1, TIMES)
    both = look_of({}, 300, thumb_time=np.arange(0, 12, 0.2), thumb=np.concatenate([first, second]))
    found = values(PerceptualHash().measure(picture(both, 6.0, 12.0)))
    assert to_bits(found["perceptual_hash_high"], found["perceptual_hash_low"]) == clip_hash(second, TIMES, 6.0)


def test_a_still_is_its_nearest_thumbnail_and_a_clip_between_two_as_well() -> None:
    look = look_of({}, 25)
    for media, expected in (
        (still(look, 0.44), still_hash(look.thumb[2])),
        (picture(look, 0.44, 0.56), clip_hash(look.thumb[2:3], np.zeros(1), 0.12)),
    ):
        found = values(PerceptualHash().measure(media))
        assert to_bits(found["perceptual_hash_high"], found["perceptual_hash_low"]) == expected


def test_without_a_picture_it_is_not_applicable(tmp_path: Path) -> None:
    bare = look_of({}, 5, thumb_time=np.zeros(0), thumb=np.zeros((0, 16, 16), np.uint8))
    assert set(values(PerceptualHash().measure(picture(bare))).values()) == {"no thumbnail of the picture"}
    assert set(values(PerceptualHash().measure(sound(tmp_path, noise(0.1)))).values()) == {"no video stream"}


class _Blind(SquareDetector):
    """Finds no face, and that fast: the hash needs none."""

    def __call__(self, images: list[NDArray[np.uint8]]) -> list[Faces]:
        return [Faces.none() for _ in images]


def _hash_of(look: Look) -> int:
    found = values(PerceptualHash().measure(picture(look)))
    return int(to_bits(found["perceptual_hash_high"], found["perceptual_hash_low"]))


def test_real_copies_agree_and_real_strangers_do_not(real_media: Path) -> None:
    names = ("video/retalking_5", "derived/audio_late_400ms", "video/retalking_4", "derived/blurred_sigma8",
             "video/retalking_3", "video/hdtf_a")  # fmt: skip
    hashes = [_hash_of(seen(real_media / f"{name}.mp4", _Blind())) for name in names]
    scenes = [0, 0, 1, 1, 2, 3]
    for (i, a), (j, b) in combinations(enumerate(hashes), 2):
        assert (_distance(a, b) <= SAME) == (scenes[i] == scenes[j]), (names[i], names[j])


def test_pictures_that_stand_still_are_told_apart() -> None:
    """Without motion most bits of a clip's hash would be equal for all of them."""
    rng = np.random.default_rng(0)
    coarse = [cv2.resize(rng.integers(0, 255, (5, 5), dtype=np.uint8), (16, 16)) for _ in range(40)]
    times = np.arange(15) / 5
    hashes = np.array([clip_hash(np.stack([picture] * 15), times, 3.0) for picture in coarse], np.uint64)
    apart = hamming(hashes[:, None], hashes[None])[np.triu_indices(40, 1)]
    assert (apart <= 8).mean() < 0.01
    assert np.median(apart) > 20
    flickering = np.stack([coarse[0]] * 15)
    flickering[::2, 3, 3] += 1
    assert hamming(hashes[0], np.uint64(clip_hash(flickering, times, 3.0))) <= 4
