"""A signal and a segmenter that write a line for every call, to tell what was measured again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avcur.records import Measurement, Standardised
from avcur.segment.segmentation import Segmentation
from avcur.segment.whole import Whole
from avcur.signals.base import ClipMedia, Signal
from avcur.visual.look import Look


@dataclass
class Counted(Signal):
    """`counted`: the root mean square of the sound; appends "measured" to the file `log`."""

    log: str

    columns = ("counted",)
    reads = "sound"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        count(self.log, "measured")
        return {"counted": Measurement.ok(float(np.sqrt(np.mean(np.square(media.need_waveform())))))}


@dataclass(frozen=True)
class CountedWhole(Whole):
    """`Whole`; appends "segmented" to the file `log`."""

    log: str = "calls.txt"

    def __call__(self, media: Standardised, look: Look | None) -> Segmentation:
        count(self.log, "segmented")
        return super().__call__(media, look)


def count(log: str, what: str) -> None:
    with Path(log).open("a", encoding="utf-8") as file:
        file.write(f"{what}\n")
