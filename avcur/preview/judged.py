"""What is known of each clip of a recording: what the variants made of it, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from avcur.corpus import Corpus
from avcur.filters.parts import parents, with_parents
from avcur.records import Clip, Measurement
from avcur.variants import asked
from avcur.variants.variant import Variant

State = Literal["kept", "rejected", "held out"]

SPEAKING_SCORE = "asd_score"
"""The one signal whose values over time are drawn: in each frame, above 0 where the face speaks."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one variant made of a clip; `reason` says why it was rejected."""

    state: State
    reason: str | None = None


@dataclass(frozen=True)
class JudgedClip:
    """A clip, the verdicts of the variants that judged it, by their names, and its measurements, by signal.

    `speaking_scores` are those of each of its frames, None where they were not measured.
    """

    clip: Clip
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    values: Mapping[str, Measurement] = field(default_factory=dict)
    speaking_scores: NDArray[np.float32] | None = field(default=None, compare=False)

    @property
    def state(self) -> State | None:
        """Rejected where any variant rejects it, else kept where any keeps it; None: no variant judged it."""
        found = {verdict.state for verdict in self.verdicts.values()}
        states: tuple[State, ...] = ("rejected", "kept", "held out")
        return next((state for state in states if state in found), None)

    @property
    def reason(self) -> str | None:
        """Why it was rejected; with the variants' names where they disagree."""
        reasons = {name: v.reason or "rejected" for name, v in self.verdicts.items() if v.state == "rejected"}
        if len(set(reasons.values())) == 1 and len(reasons) == len(self.verdicts):
            return next(iter(reasons.values()))
        return "; ".join(f"{name}: {reason}" for name, reason in reasons.items()) or None


class Judgements:
    """Looks clips up by their recording, in a corpus and the variants made of it."""

    def __init__(self, corpus: Corpus, variants: Sequence[Variant]) -> None:
        self._corpus = corpus
        self._verdicts = [(f"{v.filter_name} for {v.task}", _verdicts(v)) for v in variants]
        self._first = list(dict.fromkeys(signal for v in variants for signal in signals_judged(v)))

    def of(self, recording_id: str) -> tuple[JudgedClip, ...]:
        """The clips of a recording in the corpus's order; signals that rules judge by come first in their values."""
        rows = self._corpus.clips.filter(pl.col("recording_id") == recording_id)
        ids = rows["clip_id"].to_list()
        verdicts = {name: _by_clip(table, ids) for name, table in self._verdicts}
        values, scores = self._values(ids), self._speaking_scores(ids)
        return tuple(
            JudgedClip(
                _clip(row),
                {name: _verdict(found[row["clip_id"]]) for name, found in verdicts.items() if row["clip_id"] in found},
                values.get(row["clip_id"], {}),
                scores.get(row["clip_id"]),
            )
            for row in rows.iter_rows(named=True)
        )

    def _values(self, ids: list[str]) -> dict[str, dict[str, Measurement]]:
        found: dict[str, dict[str, Measurement]] = {}
        for row in self._corpus.signals.of_clips(ids).iter_rows(named=True):
            measurement = Measurement(row["state"], row["value"], row["reason"])
            found.setdefault(row["clip_id"], {})[row["signal"]] = measurement
        return {clip_id: self._ordered(values) for clip_id, values in found.items()}

    def _speaking_scores(self, ids: list[str]) -> dict[str, NDArray[np.float32]]:
        rows = self._corpus.signals.rows(SPEAKING_SCORE).filter(
            pl.col("clip_id").is_in(ids) & pl.col("series").is_not_null()
        )
        return {name: series.to_numpy() for name, series in zip(rows["clip_id"], rows["series"], strict=True)}

    def _ordered(self, values: dict[str, Measurement]) -> dict[str, Measurement]:
        return {name: values[name] for name in (*self._first, *values) if name in values}


def rules(variant: Variant) -> list[tuple[str, Mapping[str, Any]]]:
    """The rules that a variant's filter (of a control: that which it copies) judges by: signal and bounds."""
    return [(rule.get("signal", name), rule) for name, rule in asked.rules(variant.card).items()]


def signals_judged(variant: Variant) -> list[str]:
    """The signals that a variant's rules look at, each once."""
    return list(dict.fromkeys(signal for signal, _ in rules(variant)))


def rejected_rows(variant: Variant) -> pl.DataFrame:
    """The rejected clips of a variant with their reasons, as its folder holds them."""
    table = with_parents(pl.read_parquet(variant.directory / "rejected.parquet"))
    return table if "reason" in table.columns else table.with_columns(reason=pl.lit(None, pl.String))


def _verdicts(variant: Variant) -> pl.DataFrame:
    """clip_id, state and reason of every clip that a variant judged or held out."""
    state = pl.when(pl.col("split") == "train").then(pl.lit("kept")).otherwise(pl.lit("held out"))
    kept = variant.clips.select("parent_id", state=state, reason=pl.lit(None, pl.String))
    rejected = rejected_rows(variant).select("parent_id", state=pl.lit("rejected"), reason="reason")
    return parents(pl.concat([kept, rejected]))


def _by_clip(table: pl.DataFrame, ids: list[str]) -> dict[str, dict[str, Any]]:
    return {row["clip_id"]: row for row in table.filter(pl.col("clip_id").is_in(ids)).iter_rows(named=True)}


def _verdict(row: Mapping[str, Any]) -> Verdict:
    return Verdict(row["state"], row["reason"])


def _clip(row: Mapping[str, Any]) -> Clip:
    names = ("recording_id", "kind", "start", "end", "track", "audio_offset")
    return Clip(**{name: row[name] for name in names})
