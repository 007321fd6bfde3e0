"""Grey faces as the networks of active_speaker read them."""

from __future__ import annotations

from torch import Tensor

FACE_MEAN, FACE_STD = 0.4161, 0.1688
"""Of grey AVA faces scaled to 0..1; the published weights expect them."""


def normalised(faces: Tensor) -> Tensor:
    """Grey levels 0..255 of any number type as numbers of about mean 0 and variance 1."""
    return (faces - 255 * FACE_MEAN) * (1 / (255 * FACE_STD))
