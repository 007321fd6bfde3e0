"""The clips of a variant that show a face and have its sound, as items."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt
import polars as pl

from avcur.errors import UserError
from avcur.labels import has_crop_and_sound
from avcur.variants.variant import Variant
from datamodules.cache import ByteCache
from datamodules.clip_item import ClipItem

_log = logging.getLogger(__name__)


def labelled_tracks(variant: Variant, split: str) -> pl.DataFrame:
    """The rows of a split with a face crop, sound and `speaking` labels."""
    return usable_tracks(variant, split).filter(pl.col("speaking").is_not_null())


def usable_tracks(variant: Variant, split: str) -> pl.DataFrame:
    """The rows of a split with a face crop and sound, labelled or not."""
    return variant.rows(split).filter(has_crop_and_sound())


def items_of(variant: Variant, split: str, used: pl.DataFrame, cache: ByteCache) -> list[ClipItem]:
    """The `used` rows of a split as items, class 1 where the face speaks in most frames; says how many are left out."""
    rows = variant.rows(split)
    if len(used) < len(rows):
        _log.warning(
            "%s: %d of %d clips have no crop, sound or label and are left out", split, len(rows) - len(used), len(rows)
        )
    return [ClipItem.of(row, _majority(row["speaking"]), cache) for row in used.iter_rows(named=True)]


def speaking_tracks(items: list[ClipItem]) -> list[ClipItem]:
    """Those that speak in most frames, or of which no label says; how many others are left out is logged."""
    kept = [item for item in items if item.speaking is None or item.target]
    if len(kept) < len(items):
        silent = len(items) - len(kept)
        _log.warning(
            "pairs: %d of %d tracks do not speak in most of their frames, by the source's labels, and are left out",
            silent, len(items),
        )  # fmt: skip
    if items and not kept:
        raise UserError(
            "datamodule.labels=pairs trains on faces that speak, and by the source's labels none of the training tracks"
            " speaks in most of its frames; filter less, or take datamodule.labels=source"
        )
    return kept


def speaking_of(item: ClipItem) -> npt.NDArray[np.bool_]:
    """In which frames its face speaks, (T,), by the source's labels, which it must have."""
    assert item.speaking is not None, f"clip {item.clip_id} has no speaking labels"
    return item.speaking


def _majority(speaking: list[bool] | None) -> int:
    return int(speaking is not None and 2 * sum(speaking) > len(speaking))
