"""Whether the lips and the sound belong together, and by how much one leads."""

from __future__ import annotations

from dataclasses import dataclass

from avcur.crops.geometry import Geometry
from avcur.errors import UserError, check_number
from avcur.records import Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal
from avcur.sync.backend import SyncBackend
from avcur.sync.lags import TooShortError, score
from avcur.weights import LearnedFrom


@dataclass
class Sync(Signal):
    """Of a face track with sound, at 25 frames a second, by one of the backends in `avcur.sync`.

    `sync_offset`: frames, positive where the sound leads the picture, within -max_lag..max_lag. `sync_confidence`:
    the median over all offsets of the mean distance less the least; its `series` is the same for each frame, smoothed,
    and NaN for frames without sound at that offset.
    `sync_distance`: the least mean distance. The last two are in the backend's own unit, so thresholds do not carry
    over from one backend to another. Not applicable where fewer than 10 frames have sound at all offsets, in silence,
    and where all offsets fit alike.
    """

    backend: SyncBackend
    max_lag: int = 15
    columns = ("sync_offset", "sync_confidence", "sync_distance")
    reads = "both"

    def __post_init__(self) -> None:
        if isinstance(self.backend, str):
            raise UserError(f"signals.sync.backend is chosen by sync@signals.sync.backend={self.backend}")
        check_number("signals.sync.max_lag", self.max_lag, least=1, whole=True)

    @property
    def geometry(self) -> Geometry:
        return self.backend.geometry

    @property
    def learned(self) -> LearnedFrom | None:
        return self.backend.learned

    def missing(self) -> str | None:
        return self.backend.missing()

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        media.need_motion()
        pictures = media.crop_pictures(self.geometry)
        waveform = media.need_audible()
        try:
            found = score(self.backend.distances(pictures, waveform, self.max_lag))
        except TooShortError as error:
            raise NotApplicableError(str(error)) from error
        if found.confidence <= 0:
            raise NotApplicableError("no offset fits better than others: the mouth or the sound does not change")
        return {
            "sync_offset": Measurement.ok(found.offset),
            "sync_confidence": Measurement.ok(found.confidence, found.frame_confidence),
            "sync_distance": Measurement.ok(found.distance),
        }
