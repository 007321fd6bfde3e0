"""What the page is given: clips, signals and rules as numbers, and the arrays that they point to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from avcur.explorer.codes import encode
from avcur.explorer.thresholds import Axis, axis
from avcur.filters.rules import Rule
from avcur.signal_table import SignalTable
from avcur.signals.base import Reads


@dataclass
class Tables:
    """Describes `clips` (training rows) to the page; an array is named by its number in `arrays`."""

    clips: pl.DataFrame
    signals: SignalTable
    reads: Mapping[str, Reads]
    arrays: list[NDArray[Any]] = field(default_factory=list)
    _masks: dict[bytes, int] = field(default_factory=dict)
    _axes: dict[str, Axis] = field(default_factory=dict)

    def of(self, rules: Mapping[str, Rule], bodies: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Any]:
        """Clips, signals (those of `rules` first) and rules; `bodies` has each rule's entries, null for none."""
        ordered = {key: rules.get(key) or Rule(key) for key in bodies if key in rules or key in self._known()}
        names = list(dict.fromkeys([*(rule.signal for rule in ordered.values()), *self._known()]))
        signals = [self._signal(name, [rule for rule in ordered.values() if rule.signal == name]) for name in names]
        told = [
            self._rule(key, rule, names.index(rule.signal), bodies[key] or {}) for key, rule in ordered.items()
        ]  # fmt: skip
        return {"clips": self._clips(), "signals": signals, "rules": told}

    def _known(self) -> list[str]:
        return [name for name in self.signals.names if name in self.reads]

    def _clips(self) -> dict[str, Any]:
        """Their durations (seconds), and their speakers and classes by number, from 1 on; 0: unknown."""
        seconds = self.clips["end"] - self.clips["start"]
        speakers, speaker = _numbered(self.clips["speaker"])
        classes, label = _numbered(self.clips["label"])
        return {
            "count": len(self.clips), "duration": self._add(seconds.to_numpy()),
            "speakers": len(speakers), "speaker": self._add(speaker), "classes": classes, "class": self._add(label),
        }  # fmt: skip

    def _signal(self, name: str, rules: list[Rule]) -> dict[str, Any]:
        """Its axis, the code of each clip, and the clips that a rule without kinds and labels judges."""
        measured = self.signals.at(name, self.clips["clip_id"])
        own = [bound for rule in rules for bound in (rule.min, rule.max) if bound is not None]
        self._axes[name] = found = axis(measured["value"].drop_nulls().to_numpy(), own)
        return {
            "name": name, "reads": self.reads[name], "log": found.is_log, "ends": found.ends,
            "thresholds": self._add(found.thresholds),
            "codes": self._add(encode(measured, found.thresholds)), "judged": self._judged(Rule(name), name),
        }  # fmt: skip

    def _rule(self, key: str, rule: Rule, signal: int, body: Mapping[str, Any]) -> dict[str, Any]:
        """A rule as it stands: the numbers of its signal and thresholds, and which entries its config has."""
        bounds = {"min": rule.min, "max": rule.max}
        places = {name: None if b is None else self._axes[rule.signal].place(b) for name, b in bounds.items()}
        return {
            "key": key, "signal": signal, **places, "on_missing": rule.on_missing, "on_failed": rule.on_failed,
            "kinds": list(rule.kinds or ()), "labels": list(rule.labels or ()),
            "judged": self._judged(rule, rule.signal), "entries": sorted(body),
        }  # fmt: skip

    def _judged(self, rule: Rule, signal: str) -> int:
        """One bit a clip: whether the rule judges it. Rules that judge the same clips share an array."""
        judged = self.clips.select(rule.judges(self.reads[signal]).fill_null(False)).to_series()
        bits = np.packbits(np.broadcast_to(judged.to_numpy(), len(self.clips)), bitorder="little")
        if bits.tobytes() not in self._masks:
            self._masks[bits.tobytes()] = self._add(bits)
        return self._masks[bits.tobytes()]

    def _add(self, array: NDArray[Any]) -> int:
        self.arrays.append(array)
        return len(self.arrays) - 1


def _numbered(names: pl.Series) -> tuple[list[str], NDArray[np.uint32]]:
    """The sorted names, and the number of each row's among them."""
    known = names.drop_nulls().unique().sort().to_list()
    return known, names.cast(pl.String).rank("dense").fill_null(0).cast(pl.UInt32).to_numpy()
