"""How sharp the face is: the variance of its Laplacian, raw and made comparable."""

from __future__ import annotations

import math
from dataclasses import dataclass

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, Signal
from avcur.signals.time_weights import own_faces, weighted_mean

# Without the face's size, which `face_size` has: what many clips share is counted as one reason.
TOO_SMALL = Measurement.not_applicable("face smaller than the size at which faces are compared, or without contrast")


@dataclass
class Sharpness(Signal):
    """`laplacian_variance` as people threshold it (at 50 or 100), and `sharpness`, which can be compared across clips.

    Both are means over time of the clip's own face, by the 3x3 Laplacian (Pech-Pacheco et al., 2000).
    `laplacian_variance`: grey levels squared, at the face's native size; one same face gives 1906 at 32 px and 26 at
    320 px, and halving its contrast quarters it. `sharpness`: the same with the face reduced to the visual pass's fixed
    size, over the intensity variance there (no unit); smaller faces are never enlarged, hence not applicable.
    """

    version = 3
    columns = ("laplacian_variance", "sharpness")
    reads = "picture"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        rows, seconds = own_faces(media)
        look = media.need_look()
        sharpness = weighted_mean(look.face_sharpness[rows], seconds)
        return {
            "laplacian_variance": Measurement.ok(weighted_mean(look.face_laplacian[rows], seconds)),
            "sharpness": TOO_SMALL if math.isnan(sharpness) else Measurement.ok(sharpness),
        }
