"""How much of a face the clip shows, from what the detector found; the visual pass owns the detector's threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, Signal
from avcur.signals.time_weights import own_faces, sample_seconds, weighted_mean, weighted_median

NO_FACE = Measurement.not_applicable("no face")


@dataclass
class Faces(Signal):
    """Over the sampled frames: whether there is a face (of a track: its own), how many, how large, how certain.

    `face_presence`: share of the time, 0..1, in which the detector saw the face; `num_faces`: mean number of all faces
    in the picture; `face_size`: median side, px of the displayed picture (square of equal area);
    `detection_confidence` and `detection_confidence_min`: mean and least probability, 0..1, where the face is seen. A
    sampled frame stands for the time that is nearest to it.
    """

    version = 2
    columns = ("face_presence", "num_faces", "face_size", "detection_confidence", "detection_confidence_min")
    reads = "picture"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        look, samples, seconds = media.need_look(), media.need_samples(), sample_seconds(media)
        counts = np.searchsorted(look.face_sample, samples, "right") - np.searchsorted(look.face_sample, samples)
        return {
            "face_presence": Measurement.ok(weighted_mean(media.own_faces >= 0, seconds)),
            "num_faces": Measurement.ok(weighted_mean(counts, seconds)),
            **(self._own(media) if np.any(media.own_faces >= 0) else dict.fromkeys(self.columns[2:], NO_FACE)),
        }

    def _own(self, media: ClipMedia) -> dict[str, Measurement]:
        rows, seconds = own_faces(media)
        confidence = media.need_look().face_probability[rows]
        return {
            "face_size": Measurement.ok(weighted_median(media.face_sides(rows), seconds)),
            "detection_confidence": Measurement.ok(weighted_mean(confidence, seconds)),
            "detection_confidence_min": Measurement.ok(float(confidence.min())),
        }
