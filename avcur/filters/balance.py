"""Selection by what tracks show: the share of frames that speak, and an even draw over labels or a signal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import polars as pl

from avcur.errors import UserError, check_number
from avcur.filters.rules import Rule
from avcur.filters.select import SelectionContext
from avcur.records import ClipKind
from avcur.seeds import generator

BALANCED_OUT = "balanced out"
"""Begins the reason of a clip that was fit to keep and not drawn."""
_NO_LABELS = "speaking not labelled"


@dataclass(frozen=True, kw_only=True)
class LabelShare:
    """Keeps the tracks in which the face speaks for a share of the frames in [min, max], by the observed labels.

    Clips that are no face track are kept as they are; `on_missing` says what becomes of a track without labels.
    """

    min: float = 0.0
    max: float = 1.0
    on_missing: str = "drop"

    signals: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        _check_shares("LabelShare", {"min": self.min, "max": self.max})
        _check_actions("LabelShare", {"on_missing": self.on_missing})
        if self.min > self.max:
            raise UserError(f"LabelShare: min={self.min:g} is above max={self.max:g}")

    def __call__(self, rows: pl.DataFrame, context: SelectionContext) -> pl.DataFrame:
        share = pl.col("spoken") / pl.col("frames")
        few = pl.when(share < self.min).then(pl.lit(f"speaking share < {self.min:g}"))
        many = pl.when(share > self.max).then(pl.lit(f"speaking share > {self.max:g}"))
        reason = pl.coalesce(_unlabelled(self.on_missing), few, many).alias("reason")
        return _counted(rows).with_columns(reason).select(*rows.columns, "reason")


@dataclass(frozen=True, kw_only=True)
class BalanceSpeaking:
    """Draws tracks until faces speak in `share` of all their frames, as nearly as whole tracks allow.

    Only tracks of the side that is in excess are given up, one by one in a random order in which those far from
    `share` tend to come first (the weighted draw of Efraimidis and Spirakis, 2006), so that little is lost. The order
    hangs on `seed` and each clip's id alone. Nothing is repeated. A UserError where no draw reaches the share.
    """

    share: float = 0.5
    seed: int = 0
    on_missing: str = "drop"

    signals: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        _check_shares("BalanceSpeaking", {"share": self.share})
        _check_actions("BalanceSpeaking", {"on_missing": self.on_missing})

    def __call__(self, rows: pl.DataFrame, context: SelectionContext) -> pl.DataFrame:
        counted = _counted(rows)
        tracks = counted.filter(pl.col("frames") > 0).select("clip_id", "spoken", "frames")
        surplus = pl.col("clip_id").is_in(self._given_up(tracks))
        out = pl.when(surplus).then(pl.lit(f"{BALANCED_OUT}: speaking {self.share:g}"))
        reason = pl.coalesce(_unlabelled(self.on_missing), out).alias("reason")
        return counted.with_columns(reason).select(*rows.columns, "reason")

    def _given_up(self, tracks: pl.DataFrame) -> list[str]:
        """The tracks that are not drawn: each brings the share of those that are left nearer to the wanted one."""
        spoken, frames = int(tracks["spoken"].sum()), int(tracks["frames"].sum())
        if not frames or spoken / frames == self.share:
            return []
        side = math.copysign(1, spoken / frames - self.share)
        excess = self._excess(tracks, side)
        if len(excess) == len(tracks):
            bound = "as little as" if side > 0 else "as much as"
            raise UserError(f"BalanceSpeaking: no track speaks for {bound} share={self.share:g} of its frames")
        given_up: list[str] = []
        before = -1
        while before < len(given_up):  # a track between the two shares helps only once those farther off are gone
            before, waiting = len(given_up), []
            for clip_id, own, length in excess:
                left = (spoken - own) / (frames - length)
                if abs(left - self.share) < abs(spoken / frames - self.share):
                    given_up.append(clip_id)
                    spoken, frames = spoken - own, frames - length
                else:
                    waiting.append((clip_id, own, length))
            excess = waiting
        return given_up

    def _excess(self, tracks: pl.DataFrame, side: float) -> list[tuple[str, int, int]]:
        """The tracks (clip, spoken, frames) on one side of the share, in the order in which they are given up."""
        found = []
        for clip_id, own, length in tracks.iter_rows():
            if (far := side * (own / length - self.share)) > 0:
                found.append((_late(self.seed, clip_id) / far, clip_id, own, length))
        return [(clip_id, own, length) for _, clip_id, own, length in sorted(found)]


@dataclass(frozen=True, kw_only=True)
class BalanceSignal:
    """Draws clips so that the numbers of those with low, ... and high values of a signal are as `shares` say.

    `edges` [64, 128] make three bins: below 64, from 64 to below 128, and from 128 on; `shares` has a number for each
    (any scale; 0 gives a bin up). As many clips as possible are kept, nothing is repeated; which ones hangs on `seed`
    and each clip's id alone. The clips that a rule on `signal` would judge (see `Rule`) are balanced, the others kept
    as they are. A UserError where a bin that should have clips has none.
    """

    signal: str
    edges: Sequence[float]
    shares: Sequence[float]
    seed: int = 0
    labels: Sequence[str] | None = None
    kinds: Sequence[ClipKind] | None = None
    on_missing: str = "drop"
    on_failed: str = "drop"

    def __post_init__(self) -> None:
        _check_actions("BalanceSignal", {"on_missing": self.on_missing, "on_failed": self.on_failed})
        for edge in self.edges:
            check_number("BalanceSignal: each of edges", edge, -math.inf)
        for share in self.shares:
            check_number("BalanceSignal: each of shares", share)
        if any(high <= low for low, high in pairwise(self.edges)):
            raise UserError(f"BalanceSignal: edges must rise, got {list(self.edges)}")
        if len(self.shares) != len(self.edges) + 1 or not sum(self.shares):
            raise UserError(
                f"BalanceSignal: {len(self.edges)} edges make {len(self.edges) + 1} bins; give a share for each, "
                f"one of them above 0, got {list(self.shares)}"
            )
        self._rule()  # kinds and labels are checked as a rule's are

    @property
    def signals(self) -> tuple[str, ...]:
        return (self.signal,)

    def __call__(self, rows: pl.DataFrame, context: SelectionContext) -> pl.DataFrame:
        rule = self._rule()
        found = context.measurements(self.signal).select("parent_id", "state", "value")
        judged = rows.join(found, on="parent_id", how="left", maintain_order="left").with_columns(
            judged=rule.judges(context.known[self.signal])
        )
        valued = judged.filter("judged", pl.col("state") == "ok").with_columns(bin=self._bin())
        surplus = pl.col("clip_id").replace_strict(self._given_up(valued), default=None, return_dtype=pl.String)
        reason = pl.when("judged").then(pl.coalesce(rule.verdict(), surplus)).alias("reason")
        return judged.with_columns(reason).select(*rows.columns, "reason")

    def _bin(self) -> pl.Expr:
        """The number of the bin that a value falls into: of edges at or below it."""
        return pl.sum_horizontal(pl.lit(0), *(pl.col("value") >= edge for edge in self.edges)).cast(pl.Int64)

    def _given_up(self, valued: pl.DataFrame) -> dict[str, str]:
        """The clips that are not drawn, each with the reason."""
        if not len(valued):
            return {}
        bins = [valued.filter(pl.col("bin") == number)["clip_id"].to_list() for number in range(len(self.shares))]
        names = self._names()
        if lacking := [n for n, share, clips in zip(names, self.shares, bins, strict=True) if share and not clips]:
            raise UserError(
                f"BalanceSignal: no clip has {lacking[0]}, so it cannot be given its share; "
                f"change edges={list(self.edges)} or give that bin the share 0"
            )
        scale = min(len(clips) / share for clips, share in zip(bins, self.shares, strict=True) if share)
        given_up: dict[str, str] = {}
        for clips, share, name in zip(bins, self.shares, names, strict=True):
            order = sorted(clips, key=lambda clip_id: (_late(self.seed, clip_id), clip_id))
            given_up |= dict.fromkeys(order[round(scale * share) :], f"{BALANCED_OUT}: {name}")
        return given_up

    def _names(self) -> list[str]:
        if not self.edges:
            return [self.signal]
        between = [f"{self.signal} {low:g} to {high:g}" for low, high in pairwise(self.edges)]
        return [f"{self.signal} < {self.edges[0]:g}", *between, f"{self.signal} >= {self.edges[-1]:g}"]

    def _rule(self) -> Rule:
        narrowed = {"kinds": self.kinds, "labels": self.labels}
        named = {name: value if isinstance(value, str) else list(value) for name, value in narrowed.items() if value}
        odd = {"on_missing": self.on_missing, "on_failed": self.on_failed}
        return Rule.parse(self.signal, {"min": -math.inf, **odd, **named})


def _late(seed: int, clip_id: str) -> float:
    """How late a clip comes in the random order: exponentially distributed, the same whoever else is in it."""
    return float(generator(seed, "balance", clip_id).exponential())


def _counted(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with the numbers of labelled `frames` and of those `spoken`, null where there are none."""
    frames = pl.col("speaking").list.len()
    return rows.with_columns(
        frames=pl.when(frames > 0).then(frames.cast(pl.Int64)),
        spoken=pl.when(frames > 0).then(pl.col("speaking").list.sum().cast(pl.Int64)),
    )


def _unlabelled(on_missing: str) -> pl.Expr:
    """The reason of a track without labels, null for all others and where it is to be kept."""
    reason = pl.lit(_NO_LABELS if on_missing == "drop" else None, pl.String)
    return pl.when(pl.col("frames").is_null() & (pl.col("kind") == "track")).then(reason)


def _check_shares(step: str, values: Mapping[str, float]) -> None:
    for name, value in values.items():
        check_number(f"{step}: {name}", value)
        if value > 1:
            raise UserError(f"{step}: {name} is a share of at most 1, got {value:g}")


def _check_actions(step: str, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if value not in ("drop", "keep"):
            raise UserError(f"{step}: {name} is drop or keep, got {value!r}")
