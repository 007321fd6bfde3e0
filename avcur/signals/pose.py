"""Where the face looks: a rigid mean face fitted to five landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal
from avcur.signals.time_weights import own_faces, weighted_mean, weighted_median

Floats = NDArray[np.float64]

MEAN_FACE: Floats = np.array(
    [[-31.5, 0.0, 0.0], [31.5, 0.0, 0.0], [0.0, 35.0, 34.0], [-26.0, 70.0, 0.0], [26.0, 70.0, 0.0]]
)
"""(5, 3) mm in the order of the landmarks, eyes, nose, corners of the mouth; x to the right of the picture, y down,
z towards the camera. Adult means: 63 mm between the pupils (Dodgson, 2004), a mouth of 52 mm, a nose whose tip stands
20 mm before its base (Farkas, 1994), and that about 14 mm before the eyes and the corners of the mouth. The heights
are where detectors see the points of level, frontal faces: the mouth 1.1 pupil distances below the eyes, the nose half
of the way (MTCNN on frontal studio recordings; ArcFace's template of five points: Deng et al., 2019)."""
ITERATIONS = 8
"""Gauss-Newton steps, after which angles are within 2e-4 degrees of where they would end."""
_DAMPING = 1e-6
"""Share of the normal matrix's trace added to its diagonal, so that a collapsed face has a solution as well."""


class Angles(NamedTuple):
    """Degrees, each (F,): the head is rolled as seen, then turned (yaw), then nods (pitch)."""

    yaw: Floats
    pitch: Floats
    roll: Floats


@dataclass
class Pose(Signal):
    """`yaw`, `pitch`, `roll`: degrees, medians over the clip's time, of the clip's own face.

    Yaw is positive towards the right of the picture, pitch upwards, roll clockwise as seen in the picture.
    `frontality`: mean over time of cos(yaw) cos(pitch), 0..1, the component towards the camera of the direction in
    which the face looks, so that a head that swings to both sides does not count as frontal. From five landmarks, each
    angle of one face is good to 2 to 3 degrees at best, a smile reads as a few degrees of pitch, and a full profile,
    where detectors guess the far eye, as 50 to 60 degrees of yaw: for bins such as |yaw| < 30, not for gaze.
    """

    columns = ("yaw", "pitch", "roll", "frontality")
    reads = "picture"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        rows, seconds = own_faces(media)
        look = media.need_look()
        landmarks = look.face_landmarks[rows] * np.array([look.width, look.height], np.float64)
        seen = np.ptp(landmarks, axis=1).min(axis=1) > 0
        if not seen.any():
            raise NotApplicableError("the landmarks of the face lie on one point or line")
        angles = face_angles(landmarks[seen])
        towards = np.cos(np.radians(angles.yaw)) * np.cos(np.radians(angles.pitch))
        medians = {name: weighted_median(getattr(angles, name), seconds[seen]) for name in Angles._fields}
        frontality = max(0.0, weighted_mean(towards, seconds[seen]))
        return {name: Measurement.ok(value) for name, value in {**medians, "frontality": frontality}.items()}


def face_angles(landmarks: Floats) -> Angles:
    """Angles of faces from their landmarks (F, 5, 2), px: the least-squares fit of the scaled, turned, mean face.

    Perspective is left out (scaled orthographic projection), which holds for faces farther away than they are deep. The
    start is the linear solution of POS (DeMenthon and Davis, 1995).
    """
    face = MEAN_FACE - MEAN_FACE.mean(axis=0)
    points = landmarks - landmarks.mean(axis=1, keepdims=True)
    rotation, scale = _linear(face, points)
    for _ in range(ITERATIONS):
        rotation, scale = _improved(face, points, rotation, scale)
    yaw = np.arcsin(np.clip(-rotation[:, 2, 0], -1, 1))
    pitch = np.arctan2(rotation[:, 2, 1], rotation[:, 2, 2])
    roll = np.arctan2(rotation[:, 1, 0], rotation[:, 0, 0])
    return Angles(np.degrees(yaw), np.degrees(pitch), np.degrees(roll))


def _linear(face: Floats, points: Floats) -> tuple[Floats, Floats]:
    """Rotations (F, 3, 3) and scales (F,): the free linear map of the face onto the points, made orthogonal."""
    free = np.swapaxes(np.linalg.pinv(face) @ points, 1, 2)
    left, stretch, right = np.linalg.svd(free, full_matrices=False)
    upper = left @ right
    return np.concatenate([upper, np.cross(upper[:, 0], upper[:, 1])[:, None]], axis=1), stretch.mean(axis=1)


def _improved(face: Floats, points: Floats, rotation: Floats, scale: Floats) -> tuple[Floats, Floats]:
    """One Gauss-Newton step on a small rotation about the three axes and on the scale."""
    turned = face @ np.swapaxes(rotation, 1, 2)
    x, y, z, zero = turned[..., 0], turned[..., 1], turned[..., 2], np.zeros_like(turned[..., 0])
    size = scale[:, None]
    along_x = np.stack([zero, size * z, -size * y, x], axis=-1)
    along_y = np.stack([-size * z, zero, size * x, y], axis=-1)
    slopes = np.concatenate([along_x, along_y], axis=1)
    missed = (points - size[..., None] * turned[..., :2]).swapaxes(1, 2).reshape(len(points), -1, 1)
    normal = np.swapaxes(slopes, 1, 2) @ slopes
    normal += _DAMPING * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(4)
    step = np.linalg.solve(normal, np.swapaxes(slopes, 1, 2) @ missed)[..., 0]
    return _small_rotation(step[:, :3]) @ rotation, scale + step[:, 3]


def _small_rotation(vector: Floats) -> Floats:
    """Rotation matrices (F, 3, 3) about vectors (F, 3) by their length, radians (Rodrigues)."""
    angle = np.linalg.norm(vector, axis=1)[:, None, None] + 1e-12
    x, y, z = vector.T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(-1, 3, 3) / angle
    turn: Floats = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return turn
