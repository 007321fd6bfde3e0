"""Augmentation of face tracks and their sound, as Light-ASD's family trains with it."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from datamodules.clip_item import Faces, Waveform

_MIN_CROP = 0.7
_MAX_ROTATION = 15.0
_MAX_SNR = 5.0
"""dB: another clip is mixed in at -5..5."""


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


def mixed(waveform: Waveform, other: Waveform) -> Waveform:
    """`other` mixed into `waveform` at a random -5..5 dB, in float: 16-bit integers overflow here."""
    snr = _MAX_SNR * (2 * float(torch.rand(())) - 1)
    power, noise = float(np.mean(waveform**2)), float(np.mean(other**2))
    if power == 0.0 or noise == 0.0:
        return waveform
    return (waveform + other * np.sqrt(power / noise / 10 ** (snr / 10))).astype(np.float32)
