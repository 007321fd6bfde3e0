"""Draws a planned scene, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from avcur.sources.synthetic.features import Pose, draw_features
from avcur.sources.synthetic.head import CENTRE, UNIT, Head, Image, paint_head
from avcur.sources.synthetic.place import paint_place, paint_shoulders
from avcur.sources.synthetic.scene import HEIGHT, WIDTH, Actor, Scene


def frames(scene: Scene) -> Iterator[Image]:
    """The scene's pictures, (240, 320, 3) RGB; what stands still is painted once."""
    room = _room(scene)
    heads = [
        _tinted(paint_head(actor.identity.face, scene.place.light, _rng(scene, 1 + i)), scene)
        for i, actor in enumerate(scene.actors)
    ]
    for frame in range(scene.num_frames):
        picture = room.copy()
        for actor, head in zip(scene.actors, heads, strict=True):
            _paste(picture, actor, head, frame)
        yield picture


def _rng(scene: Scene, stream: int) -> np.random.Generator:
    return np.random.default_rng((scene.place.furniture_seed, stream))


def _room(scene: Scene) -> Image:
    room = paint_place(scene.place, WIDTH, HEIGHT)
    for actor in scene.actors:
        paint_shoulders(room, actor.identity.face.clothes, *actor.centre, actor.unit, _rng(scene, 0))
    return _tint(room, scene)


def _tint(image: Image, scene: Scene) -> Image:
    return np.clip(image * np.asarray(scene.place.tint, np.float32), 0, 255).astype(np.uint8)


def _tinted(head: Head, scene: Scene) -> Head:
    return Head(_tint(head.colour, scene), head.opacity)


def _paste(picture: Image, actor: Actor, head: Head, frame: int) -> None:
    """Draw one head into `picture` in place, within the rectangle that it can touch."""
    sprite = head.colour.copy()
    draw_features(sprite, actor.identity.face, _pose(actor, frame))
    x, y, unit = actor.head(frame)
    left, top = max(0, int(x - 1.25 * unit)), max(0, int(y - 1.35 * unit))
    right, bottom = min(WIDTH, int(x + 1.25 * unit) + 1), min(HEIGHT, int(y + 1.6 * unit) + 1)
    turn = cv2.getRotationMatrix2D(CENTRE, float(actor.motion.tilt[frame]), unit / UNIT)
    turn[:, 2] += np.asarray((x - left, y - top)) - CENTRE
    size = (right - left, bottom - top)
    colour = cv2.warpAffine(sprite, turn, size, flags=cv2.INTER_LINEAR).astype(np.int32)
    alpha: NDArray[np.int32] = cv2.warpAffine(head.opacity, turn, size, flags=cv2.INTER_LINEAR)[..., None].astype(
        np.int32
    )
    under = picture[top:bottom, left:right].astype(np.int32)
    picture[top:bottom, left:right] = (under + ((colour - under) * alpha + 127) // 255).astype(np.uint8)


def _pose(actor: Actor, frame: int) -> Pose:
    motion, mouth = actor.motion, actor.mouth
    return Pose(
        opening=float(mouth.opening[frame]), roundness=float(mouth.roundness[frame]),
        jaw_shift=float(actor.jaw_shift[frame]),
        lids=float(motion.lids[frame]), gaze=float(motion.gaze[frame]), brows=float(motion.brows[frame]),
    )  # fmt: skip
