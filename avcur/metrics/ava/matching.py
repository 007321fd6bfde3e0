"""Truth and predictions of AVA ActiveSpeaker, row by row: every face-frame of the truth with its one score."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from avcur.errors import UserError
from avcur.metrics.active_speaker import average_precision
from avcur.metrics.ranking import Floats, Ints
from avcur.sources.ava.annotations import SPEAKING

KEY = ("timestamp", "entity_id")
"""What the official script joins on, as the text `float(timestamp):entity_id`."""
_SHOWN = 3
"""Keys that an error names."""


@dataclass(frozen=True)
class Matched:
    """Rows of the truth in its order, with `score`; and what was left out because its video has no prediction."""

    rows: pl.DataFrame
    missing_videos: tuple[str, ...] = ()
    missing_rows: int = 0

    @cached_property
    def target(self) -> Ints:
        """1 where the face speaks and is heard, (N,)."""
        return (self.rows["label"] == SPEAKING).to_numpy().astype(np.int64)

    @cached_property
    def scores(self) -> Floats:
        return self.rows["score"].to_numpy()

    def average_precision(self) -> float:
        """The official number; rows of equal score enter together, so that the order of rows changes nothing."""
        return average_precision(self.target, self.scores)


def match(truth: pl.DataFrame, predictions: pl.DataFrame, allow_missing: bool = False) -> Matched:
    """Join `read_annotations` and `read_predictions` on time and track; a UserError names keys that do not fit.

    Each key stands once in either table, every prediction has a row of the truth, and every row of the truth a
    prediction. `allow_missing` leaves out the videos of the truth that have no prediction at all (removed from the
    web), and counts them: a face-frame that is missing in a video with predictions stays an error, since leaving out
    hard frames would raise the number. Without a row that is SPEAKING there is no average precision: a UserError.
    """
    kept = (
        truth.filter(pl.col("video_id").is_in(predictions["video_id"].unique().implode())) if allow_missing else truth
    )
    position = _position(kept, predictions)
    if position is None:
        _refuse_repeated(truth, "truth")
        _refuse_repeated(predictions, "predictions")
        _refuse_unmatched(kept, predictions)
    rows = kept.with_columns(_scores(kept, predictions, position))
    if not (rows["label"] == SPEAKING).any():
        raise UserError(f"No row of the truth that is evaluated is {SPEAKING}: average precision is not defined")
    missing = truth.join(kept, on="video_id", how="anti") if len(kept) < len(truth) else truth.clear()
    return Matched(rows, tuple(missing["video_id"].unique().sort()), len(missing))


def _scores(truth: pl.DataFrame, predictions: pl.DataFrame, position: NDArray[np.intp] | slice | None) -> pl.Series:
    if position is None:
        scored = predictions.select(*KEY, "score")
        return truth.select(KEY).join(scored, on=KEY, how="left", maintain_order="left")["score"]
    return pl.Series("score", predictions["score"].to_numpy()[position])


def _position(truth: pl.DataFrame, predictions: pl.DataFrame) -> NDArray[np.intp] | slice | None:
    """Which prediction belongs to each row of the truth; None where keys repeat or do not fit (or two hashes met).

    Sorting both tables by a hash of the key takes a third of a join's time. It is exact: the hashes of all rows must
    differ, and then the keys themselves are compared.
    """
    if len(truth) != len(predictions):
        return None
    hashes = [table.select(pl.struct(KEY).hash()).to_series().to_numpy() for table in (truth, predictions)]
    if (hashes[0] == hashes[1]).all():
        differ, position = bool(pl.Series(hashes[0]).n_unique() == len(truth)), slice(None)
        return position if differ and _same_keys(truth, predictions) else None
    order, other = (np.argsort(found) for found in hashes)
    ranked = hashes[0][order]
    if (ranked[1:] == ranked[:-1]).any() or (ranked != hashes[1][other]).any():
        return None
    found = np.empty(len(order), dtype=np.intp)
    found[order] = other
    return found if _same_keys(truth, predictions.select(KEY)[found]) else None


def _same_keys(truth: pl.DataFrame, predictions: pl.DataFrame) -> bool:
    return all(bool((truth[name] == predictions[name]).all()) for name in KEY)


def _refuse_repeated(table: pl.DataFrame, what: str) -> None:
    repeated = table.group_by(KEY, maintain_order=True).len().filter(pl.col("len") > 1)
    if len(repeated):
        raise UserError(f"{len(repeated)} keys stand more than once in the {what}, {_named(repeated)}")


def _refuse_unmatched(truth: pl.DataFrame, predictions: pl.DataFrame) -> None:
    lacking, unknown = truth.join(predictions, on=KEY, how="anti"), predictions.join(truth, on=KEY, how="anti")
    faults = []
    if len(lacking):
        faults.append(f"{len(lacking)} of {len(truth)} rows of the truth have no prediction, {_named(lacking)}")
    if len(unknown):
        faults.append(f"{len(unknown)} of {len(predictions)} predictions have no row in the truth, {_named(unknown)}")
    if faults:
        raise UserError("; ".join(faults) + _advice(lacking, predictions))


def _advice(lacking: pl.DataFrame, predictions: pl.DataFrame) -> str:
    absent = lacking.join(predictions, on="video_id", how="anti")
    if absent.is_empty():
        return ""
    videos = counted(absent["video_id"].n_unique(), "video")
    return f"; no prediction at all for {videos} ({counted(len(absent), 'row')}): allow_missing=true leaves them out"


def counted(number: int, what: str) -> str:
    """A number and what it is of, such as "1 video"."""
    return f"{number} {what}{'s' * (number != 1)}"


def _named(table: pl.DataFrame) -> str:
    keys = [f"{time}:{entity}" for time, entity in table.select(KEY).head(_SHOWN).iter_rows()]
    return f"such as {', '.join(keys)}"
