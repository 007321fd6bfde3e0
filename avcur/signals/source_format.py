"""What the source file offered before it was standardised."""

from __future__ import annotations

from dataclasses import dataclass

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal


@dataclass
class SourceFormat(Signal):
    """`source_resolution`: shorter side of the source file's picture, px as displayed (upright, square pixels).

    `source_fps`: its mean frame rate, frames per second. An enlarged or interpolated file has the numbers of its copy.
    """

    columns = ("source_resolution", "source_fps")
    reads = "picture"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        source = media.standardised
        if source.source_width is None or source.source_height is None:
            raise NotApplicableError("no video stream")
        fps = source.source_fps
        return {
            "source_resolution": Measurement.ok(min(source.source_width, source.source_height)),
            "source_fps": Measurement.not_applicable("no frame rate in the file") if not fps else Measurement.ok(fps),
        }
