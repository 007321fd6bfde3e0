"""Mouths with sound around them, in step or moved by known frames: synchrony needs no labels."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import soundfile
import torch

from avcur.crops.regions import Region, check_region
from avcur.errors import UserError
from avcur.features import COLUMNS_PER_FRAME
from avcur.features.log_mel import log_mel_piece
from avcur.labels import has_crop_and_sound
from avcur.records import FPS, SAMPLE_RATE, SAMPLES_PER_FRAME
from avcur.store.keys import digest
from avcur.variants.variant import Variant
from datamodules.augment import augment_mouths, noisy
from datamodules.base import Sample, Samples, VariantDataModule, batches_of_equal_length
from datamodules.clip_item import ClipItem, Waveform, read_sound

LEAST_FRAMES = 63
"""Of a clip in val or test, 2.5 s: at all of 31 lags, with sound moved by 15, ten frames of it are left to compare."""
LEAST_SPEECH = 25
"""Frames in which a face speaks in val or test where the source says so: a face that is not heard has no true lag."""

_log = logging.getLogger(__name__)


class AvSyncDataModule(VariantDataModule):
    """Grey mouths (T, size, size) uint8 with `seen` (T,), and log-mel (4 (T + 2 L), num_mels) with `heard` (T + 2 L,).

    The sound begins L = max_lag frames before the mouths and ends L after. Training segments have their own sound in
    step; the loss moves and swaps it. In val and test each clip's sound is moved by a fixed number of frames in -L..L,
    by a hash of the clip's id, and `target` is the class of that lag. All sound is the recording's own, from before and
    after the clip too; where the recording has none, `heard` is false.
    """

    def __init__(
        self, variant: Variant, face_size: int = 48, region: Region = "mouth", num_mels: int = 64,
        segment_frames: int = 46, max_lag: int = 15, augment_faces: bool = True, augment_sound: bool = True,
        **loading: Any,
    ) -> None:  # fmt: skip
        super().__init__(variant, **loading)
        check_region(region)
        self.face_size = face_size
        self.region = region
        self.num_mels = num_mels
        self.segment_frames = segment_frames
        self.max_lag = max_lag
        self.augment_faces = augment_faces
        self.augment_sound = augment_sound
        self.classes = [str(lag) for lag in range(-max_lag, max_lag + 1)]

    def make_items(self, split: str) -> list[ClipItem]:
        rows = self.variant.rows(split)
        usable = rows.filter(has_crop_and_sound())
        used = usable if split == "train" else usable.filter(_answerable())
        if len(used) < len(rows):
            why = "no crop or sound" if split == "train" else "no crop or sound, 2.5 s, or 1 s of the face's own speech"
            _log.warning("%s: %d of %d clips have %s and are left out", split, len(rows) - len(used), len(rows), why)
        if not len(used):
            raise UserError(
                f"No {split} clip of {self.variant.directory} can be used; av_sync needs face tracks of 2.5 s"
            )
        items = used.iter_rows(named=True)
        return [
            ClipItem.of(row, self.max_lag + planted_shift(row["clip_id"], self.max_lag), self.cache) for row in items
        ]

    def train_samples(self) -> Samples:
        return _Segments(self)

    def eval_samples(self, split: str) -> Samples:
        return _ShiftedClips(self, split)

    def eval_batches(self, split: str) -> list[list[int]]:
        return batches_of_equal_length([item.num_frames for item in self.items(split)], self.eval_batch_size)

    def sound(
        self, item: ClipItem, first: int, count: int, augment: bool = False
    ) -> tuple[Waveform, npt.NDArray[np.bool_]]:
        """Log-mel (4 (count + 2 L), num_mels) around the clip's frames [first, first + count), and which are heard."""
        low, high = first - self.max_lag - 1, first + count + self.max_lag + 1
        start = item.start + low / FPS
        waveform = read_sound(_sound_of(item), start, start + (high - low) / FPS)
        there = _frames_there(item, low, high)
        waveform = noisy(waveform) if augment else waveform
        columns = log_mel_piece(waveform, self.num_mels, COLUMNS_PER_FRAME, COLUMNS_PER_FRAME * (high - low - 1))
        # A window of 32 ms reaches into both neighbours.
        return columns, there[:-2] & there[1:-1] & there[2:]


class _ShiftedClips(Samples):
    """Whole clips whose sound leads by `target` - max_lag frames."""

    def __init__(self, data: AvSyncDataModule, split: str) -> None:
        self.data = data
        self.items = data.items(split)

    def sample(self, index: int) -> Sample:
        item, data = self.items[index], self.data
        columns, heard = data.sound(item, item.target - data.max_lag, item.num_frames)
        faces = item.faces(data.face_size, region=data.region)
        seen = np.ones(len(faces), dtype=np.bool_)
        return {"index": index, "target": item.target, **_tensors(faces=faces, seen=seen, log_mel=columns, heard=heard)}


class _Segments(Samples):
    """Random segments of a fixed number of frames; of a shorter clip the rest is not `seen`.

    `sound` numbers the recordings' sounds: two faces of one, two parts of one, or one clip twice in a batch share it.
    """

    def __init__(self, data: AvSyncDataModule) -> None:
        self.data = data
        self.items = data.items("train")
        self.sounds = {path: number for number, path in enumerate(sorted({_sound_of(item) for item in self.items}))}

    def sample(self, index: int) -> Sample:
        item, data = self.items[index], self.data
        length = data.segment_frames
        first = int(torch.randint(max(item.num_frames - length, 0) + 1, ()))
        count = min(length, item.num_frames - first)
        faces = item.faces(data.face_size, first, count, data.region)
        faces = augment_mouths(faces) if data.augment_faces else faces
        columns, heard = data.sound(item, first, length, augment=data.augment_sound)
        faces = np.pad(faces, ((0, length - count), (0, 0), (0, 0)), mode="edge")
        return {
            "index": index,
            "sound": self.sounds[_sound_of(item)],
            **_tensors(faces=faces, seen=np.arange(length) < count, log_mel=columns, heard=heard),
        }


def planted_shift(clip_id: str, max_lag: int) -> int:
    """By how many frames, -max_lag..max_lag, a clip's sound is made to lead in val and test: always the same."""
    return int(digest(["av_sync", clip_id])[:8], 16) % (2 * max_lag + 1) - max_lag


def _answerable() -> pl.Expr:
    """Clips long enough to compare all lags, of faces that are heard where the source says who speaks."""
    long_enough = ((pl.col("end") - pl.col("start")) * FPS).round() >= LEAST_FRAMES
    speech = pl.col("speaking").list.sum()
    return long_enough & (speech.is_null() | (speech >= LEAST_SPEECH))


def _frames_there(item: ClipItem, low: int, high: int) -> npt.NDArray[np.bool_]:
    """Which frames [low, high) from the clip's start on the recording has sound for, all of it."""
    begins = round(item.start * SAMPLE_RATE) + np.arange(low, high) * SAMPLES_PER_FRAME
    return (begins >= 0) & (begins + SAMPLES_PER_FRAME <= _num_samples(_sound_of(item)))


def _sound_of(item: ClipItem) -> Path:
    assert item.audio_path is not None, f"clip {item.clip_id} has no sound"
    return item.audio_path


@lru_cache(maxsize=65536)
def _num_samples(path: Path) -> int:
    return int(soundfile.info(path).frames)


def _tensors(**arrays: npt.NDArray[Any]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(array) for name, array in arrays.items()}
