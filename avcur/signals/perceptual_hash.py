"""What the picture shows, in 64 bits that hardly change with its coding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import dctn

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal
from avcur.signals.media import EDGE
from avcur.signals.time_weights import picture_span

Hashes = NDArray[np.uint64]

LENGTH = 32
"""Pictures, evenly spaced in time, to which a clip is resampled at least; longer ones keep all of their thumbnails, so
that what moves fast is not mistaken for something slow."""
_CLIP = np.s_[0:4, 1:5, 1:5]
"""The 64 coefficients of a clip: frequencies in time, height and width. Those of 0 in time tell pictures apart, the
others what moves in them; without 0 in space, brightness and its changes do not count."""
_STILL = np.s_[1:9, 1:9]
"""The 64 coefficients of a picture (Zauner, 2010)."""
_ROUNDING = 0.5
"""Grey levels: what rounding thumbnails to whole levels leaves in a coefficient (0.29, times sqrt(32 / 15) where three
seconds are resampled). Nothing moves in a coefficient below it, and the bits of a frozen picture are not noise."""
_HALF = np.uint64(32)


STILL = 0.2
"""Mean deviation over time, grey levels, of thumbnails of a picture that stands still: coding noise stays below 0.1,
the calmest of 40 talking clips has 0.45."""


@dataclass
class PerceptualHash(Signal):
    """`perceptual_hash_high`, `perceptual_hash_low`: the upper and lower 32 bits of a hash, whole numbers below 2^32.

    No measure of anything: equal or near bits mean equal or nearly equal pictures, see `to_bits` and `hamming`. Of a
    clip that lasts, the signs of the low frequencies of its thumbnails' DCT over time, height and width against their
    median (Coskun, Sankur and Memon, 2006), so that neither coding, size, brightness nor a few frames cut off at its
    ends change much; of a still, those of its thumbnail (Zauner, 2010). Hashes of stills and of clips do not compare.
    The whole picture counts: two faces shown at once, two tracks of the same seconds, share a hash.
    """

    version = 2
    columns = ("perceptual_hash_high", "perceptual_hash_low")
    reads = "picture"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        look, (start, end) = media.need_look(), picture_span(media)
        if not len(look.thumb):
            raise NotApplicableError("no thumbnail of the picture")
        if media.clip.kind == "still":
            bits = still_hash(look.thumb[np.argmin(np.abs(look.thumb_time - start))])
        else:
            inside = (look.thumb_time >= start - EDGE) & (look.thumb_time < end - EDGE)
            if not inside.any():
                inside = np.arange(len(look.thumb)) == np.argmin(np.abs(look.thumb_time - start))
            bits = clip_hash(look.thumb[inside], look.thumb_time[inside] - start, end - start)
        high, low = divmod(bits, 1 << 32)
        return {"perceptual_hash_high": Measurement.ok(high), "perceptual_hash_low": Measurement.ok(low)}


def clip_hash(thumbs: NDArray[np.uint8], times: NDArray[np.float64], duration: float) -> int:
    """64 bits of grey thumbnails (K, H, W) at rising times, s, of a clip that lasts `duration` s."""
    count = max(LENGTH, len(times))
    at = (np.arange(count) + 0.5) / count * duration
    place = np.interp(at, times, np.arange(len(times)))  # whole numbers are thumbnails, others lie between two
    before = place.astype(np.int64)
    after = np.minimum(before + 1, len(times) - 1)
    share = (place - before)[:, None, None]
    volume = thumbs[before] * (1 - share) + thumbs[after] * share
    mean = volume.mean(axis=0)
    # Of a picture that stands still three quarters of the bits would be noise or nothing: any two would be alike.
    return still_hash(mean) if np.abs(volume - mean).mean() < STILL else _bits(dctn(volume, norm="ortho")[_CLIP])


def still_hash(thumb: NDArray[Any]) -> int:
    """64 bits of one grey thumbnail (H, W)."""
    return _bits(dctn(thumb.astype(np.float64), norm="ortho")[_STILL])


def to_bits(high: ArrayLike, low: ArrayLike) -> Hashes:
    """Hashes (N,) as uint64 from the two columns (N,)."""
    return (np.asarray(high).astype(np.uint64) << _HALF) | np.asarray(low).astype(np.uint64)


def hamming(a: ArrayLike, b: ArrayLike) -> NDArray[np.int64]:
    """Number of bits, 0..64, in which hashes differ; uint64 arrays, broadcast against each other.

    On real talking clips of 3 s and more: copies coded anew, smaller, brighter, blurred or cut by a few frames differ
    in 10 bits at most in 96 to 99 of 100 cases (in 60 where hardly anything moves), other clips of the same speaker in
    the same room in 17 and more, others in 16 and more, 32 in the mean. Copies of stills differ in 7 at most.
    """
    different = np.asarray(a, np.uint64) ^ np.asarray(b, np.uint64)
    return np.asarray(np.bitwise_count(different), np.int64)


def _bits(coefficients: NDArray[np.float64]) -> int:
    ones = coefficients.ravel() > np.median(coefficients) + _ROUNDING
    return int.from_bytes(np.packbits(ones).tobytes(), "big")
