"""How long a clip lasts."""

from __future__ import annotations

from dataclasses import dataclass

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, Signal


@dataclass
class Duration(Signal):
    """`duration`: seconds."""

    columns = ("duration",)
    reads = "sound"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        return {"duration": Measurement.ok(media.clip.duration)}
