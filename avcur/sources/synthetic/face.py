"""What a face looks like: geometry and colours, in units of half the head's height."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Colour = tuple[float, float, float]
"""Red, green, blue in 0..255."""
HairStyle = Literal["short", "side", "long", "receding"]

SKINS: tuple[Colour, ...] = (
    (238, 200, 178), (228, 184, 156), (214, 168, 136), (196, 148, 116), (172, 124, 94), (142, 98, 74), (120, 82, 62),
)  # fmt: skip
HAIRS: tuple[Colour, ...] = (
    (38, 30, 28), (62, 42, 32), (92, 62, 40), (134, 94, 56), (186, 148, 92), (146, 142, 140), (120, 56, 34),
)  # fmt: skip
IRISES: tuple[Colour, ...] = ((70, 48, 32), (92, 74, 46), (70, 96, 118), (84, 104, 76))
CLOTHES: tuple[Colour, ...] = (
    (52, 62, 92), (112, 48, 52), (62, 88, 72), (76, 76, 80), (150, 140, 124), (40, 42, 46), (96, 72, 110),
)  # fmt: skip
STYLES: tuple[HairStyle, ...] = ("short", "side", "long", "receding")

# The box that MTCNN (facenet-pytorch) puts around these faces, in half head heights about the head's centre: the mean
# over renders of 24 identities (standard deviation 0.03 sideways, 0.06 up and down).
BOX_LEFT, BOX_TOP, BOX_RIGHT, BOX_BOTTOM = -0.68, -0.79, 0.68, 1.06


@dataclass(frozen=True, slots=True)
class Face:
    """One identity's face; lengths are fractions of half the head's height."""

    skin: Colour
    hair: Colour
    iris: Colour
    clothes: Colour
    style: HairStyle
    beard: float
    """0 (shaven) to 1 (dense stubble)."""
    width: float
    jaw: float
    """How much the chin narrows, 0..1."""
    eye_spacing: float
    eye_size: float
    eye_height: float
    brow_thickness: float
    brow_tilt: float
    nose_length: float
    nose_width: float
    mouth_width: float
    mouth_height: float
    lip_fullness: float


def draw_face(rng: np.random.Generator) -> Face:
    """A face drawn from ranges in which the detector still finds nearly all."""

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    skin = SKINS[rng.integers(len(SKINS))]
    dark = sum(skin) < 450
    hair = HAIRS[rng.integers(3 if dark else len(HAIRS))]
    return Face(
        skin=skin, hair=hair, iris=IRISES[rng.integers(2 if dark else len(IRISES))],
        clothes=CLOTHES[rng.integers(len(CLOTHES))], style=STYLES[rng.integers(len(STYLES))],
        beard=between(0.3, 0.8) if rng.random() < 0.25 else 0.0,
        width=between(0.70, 0.79), jaw=between(0.12, 0.28), eye_spacing=between(0.285, 0.335),
        eye_size=between(0.125, 0.155), eye_height=between(-0.06, 0.02), brow_thickness=between(0.035, 0.07),
        brow_tilt=between(-0.03, 0.04),
        nose_length=between(0.36, 0.44), nose_width=between(0.12, 0.17), mouth_width=between(0.22, 0.30),
        mouth_height=between(0.58, 0.64), lip_fullness=between(0.045, 0.08),
    )  # fmt: skip
