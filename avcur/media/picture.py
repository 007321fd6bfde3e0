"""One decoded frame as it is displayed: upright, with square pixels, converted only where it is asked for."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.media.probe import displayed_size, upright_turn

Image = NDArray[np.uint8]

SMALL = 192
"""Longer side, px; PySceneDetect itself reduces to a similar width, below which cuts are found as well."""


class Picture:
    """A PyAV frame whose pixels are `ratio` times as wide as high; cheap to hold, converted lazily.

    `width` and `height` are those of the display, px.
    """

    def __init__(self, raw: Any, ratio: float = 1.0) -> None:
        self._raw, self._ratio = raw, ratio
        self._turns = upright_turn(raw.rotation) // 90
        self.width, self.height = displayed_size(raw.width, raw.height, ratio, 90 * self._turns)

    @property
    def num_bytes(self) -> int:
        """Memory of the decoded frame (4:2:0)."""
        return int(self._raw.width * self._raw.height * 3 // 2)

    @cached_property
    def image(self) -> Image:
        """The whole picture, uint8 (height, width, 3) RGB."""
        return self._converted(self.width, self.height)

    @cached_property
    def grey(self) -> Image:
        """The whole picture in full-range grey levels, uint8 (height, width)."""
        return np.asarray(cv2.cvtColor(self.image, cv2.COLOR_RGB2GRAY), np.uint8)

    @cached_property
    def small(self) -> Image:
        """RGB with no side longer than 192 px: what shots and the brightness of a frame are judged by."""
        return self.reduced(SMALL)

    def reduced(self, max_side: int | None, even: bool = False) -> Image:
        """RGB with no side longer than `max_side` (averaged by area, never enlarged); `even` sizes where asked."""
        scale = 1.0 if max_side is None else min(1.0, max_side / max(self.width, self.height))
        width, height = max(1, round(self.width * scale)), max(1, round(self.height * scale))
        if even:
            width, height = max(2, width & ~1), max(2, height & ~1)
        return self.image if (width, height) == (self.width, self.height) else self._converted(width, height)

    def _converted(self, width: int, height: int) -> Image:
        stored = (height, width) if self._turns % 2 else (width, height)
        # On one thread: left to it, the conversion would run on all cores.
        reformatted = self._raw.reformat(
            width=stored[0], height=stored[1], format="rgb24", interpolation="AREA", threads=1
        )
        image: Image = reformatted.to_ndarray()
        return np.ascontiguousarray(np.rot90(image, self._turns)) if self._turns else image


class ArrayPicture(Picture):
    """The same of an RGB array (height, width, 3) that is upright already."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self.height, self.width = image.shape[:2]

    @property
    def num_bytes(self) -> int:
        return self.image.nbytes

    def _converted(self, width: int, height: int) -> Image:
        return np.asarray(cv2.resize(self.image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
