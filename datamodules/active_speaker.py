"""Face tracks with their sound, and whether the face speaks in each frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Sampler

from avcur.crops.regions import Region, check_region
from avcur.errors import UserError, check_number
from avcur.features import COLUMNS_PER_FRAME
from avcur.features.mfcc import mfcc
from avcur.variants.variant import Variant
from datamodules.augment import augment_faces, mixed
from datamodules.base import Sample, Samples, VariantDataModule, batches_of_equal_length
from datamodules.cache import own
from datamodules.clip_item import ClipItem, Faces
from datamodules.face_tracks import items_of, labelled_tracks, speaking_of, speaking_tracks, usable_tracks
from datamodules.frame_batches import TrackBatches
from datamodules.frame_sound import Mfcc, cut, fitted, frame_mfcc, frames_of
from datamodules.pairs import MIN_SHIFT, SPEAKING, Kind, Pairs, fixed_generator

Labels = Literal["source", "pairs"]
Batching = Literal["segments", "tracks"]
Padding = Literal["cut", "mask"]
Targets = npt.NDArray[np.int64]


class ActiveSpeakerDataModule(VariantDataModule):
    """Grey faces (T, size, size) uint8 and MFCC (4 T, 13); parts of tracks to train on, whole clips to test.

    `batching="segments"`: a random segment of `segment_frames` of each of `batch_size` clips. `"tracks"`: whole tracks
    of similar length, about `frames_per_batch` to a batch, as Light-ASD is trained; of a track longer than
    `max_frames` a random part of that length. Within a batch they are cut to the shortest (`padding="cut"`, as
    published), or made as long as the longest by repeating the last frame ("mask"), and `mask` (B, T) is false there.

    `labels="source"`: the source's `speaking` per frame; with `augment_sound` half of the sounds have another clip's
    mixed in. `labels="pairs"`, self-supervised: clips should be of speaking faces, and get sound by the shares of
    `pairs` (see `Pairs`); where the source has labels, tracks that do not speak in most frames are left out. Val and
    test use the source's labels where it has any, else one fixed pair of each kind.

    Tests are of whole clips, those of one length together, at most `eval_batch_size` and `eval_frames_per_batch`.
    """

    classes = ["not_speaking", "speaking"]  # noqa: RUF012

    def __init__(
        self, variant: Variant, labels: Labels = "source", face_size: int = 112, region: Region = "face",
        segment_frames: int = 50, augment_faces: bool = True, augment_sound: bool = False,
        batching: Batching = "segments", frames_per_batch: int = 2000, max_frames: int = 500, padding: Padding = "cut",
        pairs: Mapping[str, float] | None = None, min_shift: int = MIN_SHIFT, voiced_only: bool = False,
        eval_frames_per_batch: int = 4000, **loading: Any,
    ) -> None:  # fmt: skip
        super().__init__(variant, **loading)
        _check_choice("labels", labels, Labels)
        _check_choice("batching", batching, Batching)
        _check_choice("padding", padding, Padding)
        check_number("datamodule.frames_per_batch", frames_per_batch, least=1, whole=True)
        check_number("datamodule.max_frames", max_frames, least=1, whole=True)
        check_number("datamodule.eval_frames_per_batch", eval_frames_per_batch, least=1, whole=True)
        if labels == "pairs" and augment_sound:
            raise UserError(
                "datamodule.augment_sound is for labels=source; with pairs, datamodule.pairs.overlay is the share of "
                "sounds with a second voice"
            )
        check_region(region)
        self.labels = labels
        self.face_size = face_size
        self.region = region
        self.segment_frames = segment_frames
        self.augment_faces = augment_faces
        self.augment_sound = augment_sound
        self.batching = batching
        self.frames_per_batch = frames_per_batch
        self.max_frames = max_frames
        self.padding = padding
        self.eval_frames_per_batch = eval_frames_per_batch
        self._pair_options = {"shares": pairs, "min_shift": min_shift, "voiced_only": voiced_only}
        self._pairs: dict[str, Pairs] = {}
        self._kinds: dict[str, list[Kind]] = {}

    def make_items(self, split: str) -> list[ClipItem]:
        labelled = labelled_tracks(self.variant, split)
        by_pairs = self.labels == "pairs" and (split == "train" or not len(labelled))
        used = usable_tracks(self.variant, split) if by_pairs else labelled
        items = items_of(self.variant, split, used, self.cache)
        if not by_pairs:
            return items
        items = speaking_tracks(items)
        self._pairs[split] = Pairs(items, **self._pair_options)
        return items if split == "train" else self._fixed_pairs(split, items)

    def _fixed_pairs(self, split: str, items: list[ClipItem]) -> list[ClipItem]:
        """Each clip once with every kind of pair."""
        found = self._pairs[split].fixed(items)
        if not found:
            raise UserError(f"No {split} pair can be made: no clip of {self.variant.directory} has a face and sound")
        self._kinds[split] = [kind for kind, _ in found]
        return [replace(item.renamed(kind), target=int(kind in SPEAKING)) for kind, item in found]

    def train_samples(self) -> Samples:
        return _Tracks(self) if self.batching == "tracks" else _Segments(self)

    def train_batches(self) -> Sampler[list[int]]:
        if self.batching == "segments":
            return super().train_batches()
        lengths = [min(item.num_frames, self.max_frames) for item in self.items("train")]
        return TrackBatches(lengths, self.frames_per_batch)

    def eval_samples(self, split: str) -> Samples:
        return _WholeClips(self, split)

    def eval_batches(self, split: str) -> list[list[int]]:
        lengths = [item.num_frames for item in self.items(split)]
        return batches_of_equal_length(lengths, self.eval_batch_size, self.eval_frames_per_batch)

    def training_pairs(self) -> Pairs | None:
        """How training sound is paired with faces; None where the source's labels are used."""
        self.items("train")
        return self._pairs.get("train")

    def whole(self, split: str, index: int) -> tuple[ClipItem, Mfcc, Targets]:
        """An item with the MFCC (4 T, 13) it is tested with and its targets (T,)."""
        item = self.items(split)[index]
        if split not in self._kinds:
            return item, frame_mfcc(item, item.num_frames), targets(item)
        kind = self._kinds[split][index]
        generator = fixed_generator(kind, item.clip_id)
        return item, *self._pairs[split].make(kind, item, 0, item.num_frames, generator)


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
            "faces": torch.from_numpy(own(faces)),
            "mfcc": torch.tensor(columns),
            "target": torch.tensor(target),
        }


class _Parts(Samples):
    """Parts of training clips: what segments and tracks have in common."""

    def __init__(self, data: ActiveSpeakerDataModule) -> None:
        self.data = data
        self.items = data.items("train")
        self.pairs = data.training_pairs()

    def part(self, item: ClipItem, first: int, count: int) -> tuple[Faces, Mfcc, Targets]:
        """Faces (count, size, size), MFCC (4 count, 13) and targets (count,) from frame `first` on, augmented."""
        columns, target = self._sound(item, first, count)
        faces = item.faces(self.data.face_size, first, count, self.data.region)
        return augment_faces(faces) if self.data.augment_faces else faces, columns, target

    def _sound(self, item: ClipItem, first: int, count: int) -> tuple[Mfcc, Targets]:
        if self.pairs is not None:
            return self.pairs.make(self.pairs.draw(), item, first, count)
        target = targets(item)[first : first + count]
        if self.data.augment_sound and torch.rand(()) < 0.5:
            waveform = mixed(cut(item.waveform(), first, count), cut(self._other(item).waveform(), 0, count))
            return fitted(mfcc(waveform), count), target
        return frames_of(frame_mfcc(item, item.num_frames), first, count), target

    def _other(self, item: ClipItem) -> ClipItem:
        """A random other clip; the same one where there is no other."""
        others = len(self.items) - 1
        if others < 1:
            return item
        chosen = self.items[int(torch.randint(others, ()))]
        return self.items[-1] if chosen is item else chosen


class _Segments(_Parts):
    """Random segments of a fixed number of frames; a shorter clip is repeated."""

    def sample(self, index: int) -> Sample:
        item, length = self.items[index], self.data.segment_frames
        first = _any_first(item, length)
        faces, columns, target = self.part(item, first, min(length, item.num_frames - first))
        return {
            "index": index,
            "faces": torch.tensor(np.resize(faces, (length, *faces.shape[1:]))),
            "mfcc": torch.tensor(np.resize(columns, (length * COLUMNS_PER_FRAME, columns.shape[1]))),
            "target": torch.tensor(np.resize(target, length)),
        }


class _Tracks(_Parts):
    """Whole tracks, or random parts of `max_frames`, cut to the shortest or padded to the longest of the batch."""

    def sample(self, index: int) -> Sample:
        return {name: values[0] for name, values in self[[index]].items()}

    def __getitem__(self, indices: list[int]) -> dict[str, Tensor]:
        items, most = [self.items[i] for i in indices], self.data.max_frames
        lengths = [min(item.num_frames, most) for item in items]
        masked = self.data.padding == "mask"
        frames = max(lengths) if masked else min(lengths)
        batch = _Batch(len(items), frames, self.data.face_size)
        for row, (item, length) in enumerate(zip(items, lengths, strict=True)):
            batch.put(row, *self.part(item, _any_first(item, most), min(length, frames)))
        return {"index": torch.tensor(indices), **batch.tensors(masked)}


class _Batch:
    """Arrays of a whole batch, filled in place: nothing is stacked afterwards."""

    def __init__(self, num: int, frames: int, size: int) -> None:
        self.faces = np.empty((num, frames, size, size), np.uint8)
        self.mfcc = np.empty((num, frames * COLUMNS_PER_FRAME, 13), np.float32)
        self.target = np.zeros((num, frames), np.int64)
        self.mask = np.zeros((num, frames), np.bool_)

    def put(self, row: int, faces: Faces, columns: Mfcc, target: Targets) -> None:
        """One track's arrays; its last frame and column fill up what is left, as stills do least to batch norm."""
        count = len(faces)
        self.faces[row, :count], self.faces[row, count:] = faces, faces[-1]
        self.mfcc[row, : len(columns)], self.mfcc[row, len(columns) :] = columns, columns[-1]
        self.target[row, :count], self.mask[row, :count] = target, True

    def tensors(self, masked: bool) -> dict[str, Tensor]:
        arrays = {"faces": self.faces, "mfcc": self.mfcc, "target": self.target}
        return {name: torch.from_numpy(a) for name, a in ({**arrays, "mask": self.mask} if masked else arrays).items()}


def targets(item: ClipItem) -> Targets:
    """1 where the face speaks, (T,)."""
    return speaking_of(item).astype(np.int64)


def _any_first(item: ClipItem, length: int) -> int:
    """The first frame of a random part of `length` frames; 0 of a clip that is no longer."""
    return int(torch.randint(max(item.num_frames - length, 0) + 1, ()))


def _check_choice(name: str, value: str, choices: Any) -> None:
    if value not in choices.__args__:
        raise UserError(f"datamodule.{name}={value}: choose {' or '.join(choices.__args__)}")
