"""Half a second of a face with a fifth of a second of sound, and whether the face speaks in its middle."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.utils.data import Sampler

from avcur.crops.regions import Region, check_region
from avcur.errors import check_number
from avcur.features import COLUMNS_PER_FRAME
from avcur.features.mfcc import mfcc
from avcur.records import FPS
from avcur.variants.variant import Variant
from datamodules.augment import augment_faces
from datamodules.base import FullBatches, Sample, Samples, VariantDataModule
from datamodules.clip_item import ClipItem, Faces, Waveform
from datamodules.face_tracks import items_of, labelled_tracks, speaking_of
from datamodules.frame_batches import BalancedBatches
from datamodules.frame_sound import Mfcc, fitted

SNIPPET_FPS = 10
NUM_FRAMES = 5
NUM_COLUMNS = 20
"""Of MFCC, 10 ms each: 0.2 s, the four columns of each of five frames at 25 fps."""
OFFSETS = np.rint(np.arange(-(NUM_FRAMES // 2), NUM_FRAMES // 2 + 1) * FPS / SNIPPET_FPS).astype(np.int64)
"""Frames at 25 fps from the scored one: the nearest to five instants at 10 fps, -5, -2, 0, 2, 5."""
_MFCC_BYTES = COLUMNS_PER_FRAME * 13 * 4
"""Of a frame, in the cache."""
_STEADY = 1e-3
"""Standard deviation below which a coefficient is constant, as in digital silence, and is not divided."""


class SnippetDataModule(VariantDataModule):
    """Five grey faces (5, size, size) uint8 at 10 fps and MFCC (20, 13), with `target` (1,) and its `frame` (1,).

    The sampling of the static two-tower network that AVA ActiveSpeaker was published with: every `frame_stride`-th
    frame of every labelled clip is scored, in training and in tests. The faces are those nearest to 0.2 and 0.1 s
    before the scored frame, the frame itself, and as much after it; where the clip ends, its outermost frame stands in.
    The MFCC are the columns of the two frames before, the scored one and the two after, normalised to mean 0 and
    variance 1 over the clip, each coefficient alone. With `rebalance` both classes make half of each pass, whichever
    is the larger drawn anew. `index` is the clip's, so that predictions are of frames.

    Faces under 100 px, which the published sampling can leave out, are what `filter.rules.face_size.min=100` rejects:
    crops have one size, and a variant's rows do not carry the face's.
    """

    classes = ["not_speaking", "speaking"]  # noqa: RUF012

    def __init__(
        self, variant: Variant, face_size: int = 100, region: Region = "face", frame_stride: int = 4,
        rebalance: bool = True, augment_faces: bool = False, **loading: Any,
    ) -> None:  # fmt: skip
        super().__init__(variant, **loading)
        check_region(region)
        check_number("datamodule.frame_stride", frame_stride, least=1, whole=True)
        self.face_size = face_size
        self.region = region
        self.frame_stride = frame_stride
        self.rebalance = rebalance
        self.augment_faces = augment_faces

    def make_items(self, split: str) -> list[ClipItem]:
        return items_of(self.variant, split, labelled_tracks(self.variant, split), self.cache)

    def train_samples(self) -> Samples:
        return _Snippets(self, "train", self.augment_faces)

    def eval_samples(self, split: str) -> Samples:
        return _Snippets(self, split, augment=False)

    def train_batches(self) -> Sampler[list[int]]:
        spots = self.spots("train")
        if not self.rebalance:
            return FullBatches(len(spots), self.batch_size)
        items = self.items("train")
        return BalancedBatches([int(speaking_of(items[i])[frame]) for i, frame in spots], self.batch_size)

    def eval_batches(self, split: str) -> list[list[int]]:
        spots = list(range(len(self.spots(split))))
        return [spots[i : i + self.eval_batch_size] for i in range(0, len(spots), self.eval_batch_size)]

    def spots(self, split: str) -> list[tuple[int, int]]:
        """The scored frames of a split, each as the position of its clip and the frame's number in it."""
        items = enumerate(self.items(split))
        return [(i, frame) for i, item in items for frame in range(0, item.num_frames, self.frame_stride)]


class _Snippets(Samples):
    """Samples by their number among the scored frames of a split."""

    def __init__(self, data: SnippetDataModule, split: str, augment: bool) -> None:
        self.data = data
        self.items = data.items(split)
        self.spots = data.spots(split)
        self.augment = augment
        # Training goes from clip to clip: where the split's crops drop each other from the cache, a clip decoded as a
        # whole would be decoded for a single snippet. Tests take all snippets of a clip one after the other.
        frames = sum(item.num_frames for item in self.items)
        self.whole = split != "train" or frames * (data.face_size**2 + _MFCC_BYTES) <= data.cache.max_bytes

    def sample(self, index: int) -> Sample:
        clip, frame = self.spots[index]
        item = self.items[clip]
        faces = snippet_faces(item, frame, self.data.face_size, self.data.region, self.whole)
        return {
            "index": clip,
            "faces": torch.tensor(augment_faces(faces).copy() if self.augment else faces),
            "mfcc": torch.tensor(snippet_mfcc(item, frame)),
            "target": torch.tensor([int(speaking_of(item)[frame])]),
            "frame": torch.tensor([frame]),
        }


def snippet_faces(item: ClipItem, frame: int, size: int, region: Region, whole: bool = True) -> Faces:
    """The five faces (5, size, size) around a frame of a clip, which is decoded as a whole or there alone."""
    wanted = np.clip(frame + OFFSETS, 0, item.num_frames - 1)
    first, last = int(wanted[0]), int(wanted[-1])
    return item.faces(size, first, last - first + 1, region, whole)[wanted - first]


def snippet_mfcc(item: ClipItem, frame: int) -> Mfcc:
    """The twenty columns (20, 13) around a frame; the clip's outermost one stands in beyond its ends."""
    columns = fitted(item.sound(("mfcc", 13, "normalised"), _normalised_mfcc), item.num_frames)
    middle = frame * COLUMNS_PER_FRAME + COLUMNS_PER_FRAME // 2
    wanted = np.arange(middle - NUM_COLUMNS // 2, middle + NUM_COLUMNS // 2)
    return columns[np.clip(wanted, 0, len(columns) - 1)]


def _normalised_mfcc(waveform: Waveform) -> Mfcc:
    columns = mfcc(waveform).astype(np.float64)
    spread = columns.std(axis=0)
    return ((columns - columns.mean(axis=0)) / np.where(spread < _STEADY, 1.0, spread)).astype(np.float32)
