"""How much of a face the clip shows, from the segmenter's detections; the segmenter owns the threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, Signal

NO_FACE = Measurement.not_applicable("no face")


@dataclass
class Faces(Signal):
    """Over the sampled frames: whether there is a face (of a track: its own), how many, how large, how certain.

    `face_presence`: share of frames with the face, 0..1; `num_faces`: mean number of all faces; `face_size`: median
    side in px of the standardised picture (square of equal area); `detection_confidence`: mean probability, 0..1,
    over the frames with the face.
    """

    columns = ("face_presence", "num_faces", "face_size", "detection_confidence")
    reads = "picture"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        detections = media.need_detections()
        faces = [face for d in detections if (face := media.face(d)) is not None]
        sides = [media.face_side(box) for box, _ in faces]
        return {
            "face_presence": Measurement.ok(len(faces) / len(detections)),
            "num_faces": Measurement.ok(float(np.mean([len(d.boxes) for d in detections]))),
            "face_size": Measurement.ok(float(np.median(sides))) if faces else NO_FACE,
            "detection_confidence": Measurement.ok(float(np.mean([p for _, p in faces]))) if faces else NO_FACE,
        }
