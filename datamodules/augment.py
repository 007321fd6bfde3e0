"""Augmentation of face tracks and their sound: as Light-ASD's family trains with it, and for synchrony."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import torch

from datamodules.clip_item import Faces, Waveform

_MIN_CROP = 0.7
_MAX_ROTATION = 15.0
_MAX_SNR = 5.0
"""dB: another clip is mixed in at -5..5."""
_TILT, _ZOOM, _SHIFT, _JITTER = 10.0, 0.12, 0.08, 0.004
"""Of mouths: degrees, shares of the side; the last from frame to frame (standard deviation), as detected boxes do."""
_LIGHT, _CONTRAST = 30.0, 0.3
_GAIN = 10.0
_QUIETEST, _LOUDEST = 40.0, 5.0
"""dB: of sound, and of the noise that is added to half of it (SNR)."""


def augment_faces(faces: Faces) -> Faces:
    """One of original, mirrored, cropped to 0.7-1 of the side, rotated by up to 15 degrees; the same for all frames."""
    match int(torch.randint(4, ())):
        case 0:
            return faces
        case 1:
            return faces[:, :, ::-1]
        case 2:
            return _cropped(faces)
        case _:
            return _rotated(faces)


def augment_mouths(faces: Faces) -> Faces:
    """Mirrored half of the time, tilted, zoomed, moved, lighter or darker; the same for all frames but for a jitter."""
    size = faces.shape[1]
    matrix = cv2.getRotationMatrix2D((size / 2, size / 2), _TILT * _signed(), 1 + _ZOOM * _signed())
    moved = size * (_SHIFT * np.array([_signed(), _signed()]) + _JITTER * torch.randn(len(faces), 2).numpy())
    light, contrast = _LIGHT * _signed(), 1 + _CONTRAST * _signed()
    faces = faces[:, :, ::-1] if torch.rand(()) < 0.5 else faces
    warped = [_warped(face, matrix, shift) for face, shift in zip(faces, moved, strict=True)]
    return np.clip((np.stack(warped) - 128.0) * contrast + 128 + light, 0, 255).astype(np.uint8)


def noisy(waveform: Waveform) -> Waveform:
    """At a gain of -10..10 dB and, half of the time, with white noise at an SNR of 5..40 dB."""
    gained = waveform * 10 ** (_GAIN * _signed() / 20)
    if torch.rand(()) < 0.5:
        snr = _LOUDEST + (_QUIETEST - _LOUDEST) * float(torch.rand(()))
        level = float(np.sqrt(np.mean(gained**2))) * 10 ** (-snr / 20)
        gained = gained + level * torch.randn(len(gained)).numpy()
    return gained.astype(np.float32)


def _warped(face: Faces, matrix: npt.NDArray[np.float64], shift: npt.NDArray[np.float64]) -> Faces:
    moved = matrix + np.array([[0, 0, shift[0]], [0, 0, shift[1]]])
    return np.asarray(cv2.warpAffine(face, moved, face.shape[::-1], borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _signed() -> float:
    """Uniform in -1..1."""
    return 2 * float(torch.rand(())) - 1


def _cropped(faces: Faces) -> Faces:
    size = faces.shape[1]
    side = max(1, round(size * (_MIN_CROP + (1 - _MIN_CROP) * float(torch.rand(())))))
    top, left = (int(torch.randint(size - side + 1, ())) for _ in range(2))
    window = faces[:, top : top + side, left : left + side]
    return np.stack([cv2.resize(face, (size, size), interpolation=cv2.INTER_LINEAR) for face in window])


def _rotated(faces: Faces) -> Faces:
    size = faces.shape[1]
    angle = _MAX_ROTATION * (2 * float(torch.rand(())) - 1)
    matrix = cv2.getRotationMatrix2D((size / 2, size / 2), angle, 1.0)
    return np.stack([cv2.warpAffine(face, matrix, (size, size)) for face in faces])


def mixed(waveform: Waveform, other: Waveform, generator: torch.Generator | None = None) -> Waveform:
    """`other` mixed into `waveform` at a random -5..5 dB, in float: 16-bit integers overflow here."""
    snr = _MAX_SNR * (2 * float(torch.rand((), generator=generator)) - 1)
    power, noise = float(np.mean(waveform**2)), float(np.mean(other**2))
    if power == 0.0 or noise == 0.0:
        return waveform
    return (waveform + other * np.sqrt(power / noise / 10 ** (snr / 10))).astype(np.float32)
