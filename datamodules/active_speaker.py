"""Face tracks with their sound, and whether the face speaks in each frame."""

from __future__ import annotations

import logging
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl
import torch

from avcur.crops.regions import Region, check_region
from avcur.errors import UserError
from avcur.features import COLUMNS_PER_FRAME
from avcur.features.mfcc import mfcc
from avcur.labels import has_crop_and_sound
from avcur.records import SAMPLES_PER_FRAME
from avcur.variants.variant import Variant
from datamodules.augment import augment_faces, mixed
from datamodules.base import Sample, Samples, VariantDataModule, batches_of_equal_length
from datamodules.clip_item import ClipItem, Waveform

Labels = Literal["source", "pairs"]
Mfcc = npt.NDArray[np.float32]

_log = logging.getLogger(__name__)


class ActiveSpeakerDataModule(VariantDataModule):
    """Grey faces (T, size, size) uint8 and MFCC (4 T, 13); random segments to train on, whole clips to test.

    `labels="source"`: the source's `speaking` per frame. `labels="pairs"`, self-supervised: a training clip with its
    own sound is speaking throughout; with silence or another clip's sound (half the time) it is not, so clips should
    be of speaking faces. Val and test use the source's labels where it has any, else fixed pairs of both kinds.
    """

    classes = ["not_speaking", "speaking"]  # noqa: RUF012

    def __init__(
        self, variant: Variant, labels: Labels = "source", face_size: int = 112, region: Region = "face",
        segment_frames: int = 50, augment_faces: bool = True, augment_sound: bool = False, **loading: Any,
    ) -> None:  # fmt: skip
        super().__init__(variant, **loading)
        if labels not in ("source", "pairs"):
            raise UserError(f"datamodule.labels={labels}: choose source or pairs")
        check_region(region)
        self.labels = labels
        self.face_size = face_size
        self.region = region
        self.segment_frames = segment_frames
        self.augment_faces = augment_faces
        self.augment_sound = augment_sound
        self._sounds: dict[str, list[ClipItem]] = {}

    def make_items(self, split: str) -> list[ClipItem]:
        rows = self.variant.rows(split)
        usable = rows.filter(has_crop_and_sound())
        labelled = usable.filter(pl.col("speaking").is_not_null())
        by_pairs = self.labels == "pairs" and (split == "train" or not len(labelled))
        used = usable if by_pairs else labelled
        if len(used) < len(rows):
            _log.warning(
                "%s: %d of %d clips have no crop, sound or label and are left out",
                split,
                len(rows) - len(used),
                len(rows),
            )
        items = [ClipItem.of(row, _majority(row["speaking"]), self.cache) for row in used.iter_rows(named=True)]
        return self._fixed_pairs(split, items) if by_pairs and split != "train" else items

    def _fixed_pairs(self, split: str, items: list[ClipItem]) -> list[ClipItem]:
        """Each clip with its own sound, and with that of the next clip."""
        following = items[1:] + items[:1]
        self._sounds[split] = items + following
        return [item.renamed("own") for item in items] + [item.renamed("other") for item in items]

    def train_samples(self) -> Samples:
        return _Segments(self)

    def eval_samples(self, split: str) -> Samples:
        return _WholeClips(self, split)

    def eval_batches(self, split: str) -> list[list[int]]:
        return batches_of_equal_length([item.num_frames for item in self.items(split)], self.eval_batch_size)

    def whole(self, split: str, index: int) -> tuple[ClipItem, Mfcc, npt.NDArray[np.int64]]:
        """An item with the MFCC (4 T, 13) it is tested with and its targets (T,)."""
        item = self.items(split)[index]
        if split not in self._sounds:
            return item, frame_mfcc(item, item.num_frames), targets(item)
        own = index < len(self.items(split)) // 2
        sound = self._sounds[split][index]
        return item, frame_mfcc(sound, item.num_frames), np.full(item.num_frames, int(own))


class _WholeClips(Samples):
    """faces (T, size, size), mfcc (4 T, 13), target (T,)."""

    def __init__(self, data: ActiveSpeakerDataModule, split: str) -> None:
        self.data = data
        self.split = split

    def sample(self, index: int) -> Sample:
        item, columns, target = self.data.whole(self.split, index)
        faces = item.faces(self.data.face_size, region=self.data.region)
        return {
            "index": index,
            "faces": torch.tensor(faces),
            "mfcc": torch.tensor(columns),
            "target": torch.tensor(target),
        }


class _Segments(Samples):
    """Random segments of a fixed number of frames; a shorter clip is repeated."""

    def __init__(self, data: ActiveSpeakerDataModule) -> None:
        self.data = data
        self.items = data.items("train")

    def sample(self, index: int) -> Sample:
        item, length = self.items[index], self.data.segment_frames
        first = int(torch.randint(max(item.num_frames - length, 0) + 1, ()))
        columns, target = self._sound(item, first)
        count = min(length, item.num_frames - first)
        faces = item.faces(self.data.face_size, first, count, self.data.region)
        faces = augment_faces(faces) if self.data.augment_faces else faces
        return {
            "index": index,
            "faces": torch.tensor(np.resize(faces, (length, *faces.shape[1:]))),
            "mfcc": torch.tensor(np.resize(columns, (length * COLUMNS_PER_FRAME, columns.shape[1]))),
            "target": torch.tensor(np.resize(target, length)),
        }

    def _sound(self, item: ClipItem, first: int) -> tuple[Mfcc, npt.NDArray[np.int64]]:
        """MFCC and targets of the segment at frame `first`, at most as long as the clip."""
        count = min(self.data.segment_frames, item.num_frames - first)
        if self.data.labels == "pairs" and torch.rand(()) < 0.5:
            return self._foreign(item, count), np.zeros(count, dtype=np.int64)
        if self.data.augment_sound and torch.rand(()) < 0.5:
            waveform = mixed(_cut(item.waveform(), first, count), _cut(self._other(item).waveform(), 0, count))
            columns = _fitted(mfcc(waveform), count)
        else:
            columns = frame_mfcc(item, item.num_frames)[first * COLUMNS_PER_FRAME :][: count * COLUMNS_PER_FRAME]
        return columns, np.ones(count, dtype=np.int64) if self.data.labels == "pairs" else targets(item)[
            first : first + count
        ]

    def _foreign(self, item: ClipItem, count: int) -> Mfcc:
        """Silence, or a segment of another clip's sound."""
        other = self._other(item)
        if other is item or torch.rand(()) < 0.5:
            return _fitted(mfcc(np.zeros(count * SAMPLES_PER_FRAME, dtype=np.float32)), count)
        start = int(torch.randint(max(other.num_frames - count, 0) + 1, ()))
        return _fitted(frame_mfcc(other, other.num_frames)[start * COLUMNS_PER_FRAME :], count)

    def _other(self, item: ClipItem) -> ClipItem:
        """A random other clip; the same one where there is no other."""
        others = len(self.items) - 1
        if others < 1:
            return item
        chosen = self.items[int(torch.randint(others, ()))]
        return self.items[-1] if chosen is item else chosen


def frame_mfcc(item: ClipItem, num_frames: int) -> Mfcc:
    """The clip's MFCC as exactly four columns a frame, (4 num_frames, 13)."""
    return _fitted(item.sound(("mfcc", 13), mfcc), num_frames)


def targets(item: ClipItem) -> npt.NDArray[np.int64]:
    """1 where the face speaks, (T,)."""
    assert item.speaking is not None, f"clip {item.clip_id} has no speaking labels"
    return item.speaking.astype(np.int64)


def _fitted(columns: Mfcc, num_frames: int) -> Mfcc:
    """Cut to four columns a frame; the last column is repeated where the window's length leaves some out."""
    wanted = num_frames * COLUMNS_PER_FRAME
    return np.pad(columns[:wanted], ((0, max(0, wanted - len(columns))), (0, 0)), mode="edge")


def _cut(waveform: Waveform, first: int, count: int) -> Waveform:
    """The samples of `count` frames from `first` on, with silence beyond the end."""
    samples = SAMPLES_PER_FRAME
    part = waveform[first * samples : (first + count) * samples]
    return np.pad(part, (0, count * samples - len(part)))


def _majority(speaking: list[bool] | None) -> int:
    return int(speaking is not None and 2 * sum(speaking) > len(speaking))
