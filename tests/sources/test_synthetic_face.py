"""Faces: the detector finds them where the labels say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avcur.sources.synthetic.corpus import SyntheticSource
from avcur.sources.synthetic.face import draw_face
from avcur.sources.synthetic.features import Pose, draw_features
from avcur.sources.synthetic.head import UNIT, paint_head
from avcur.sources.synthetic.scene import HEIGHT, WIDTH, Scene, plan_scene
from avcur.sources.synthetic.stage import frames


def _iou(a: np.ndarray, b: np.ndarray) -> float:
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    shared = float(np.prod(np.clip(high - low, 0, None)))
    return shared / (float(np.prod(a[2:] - a[:2])) + float(np.prod(b[2:] - b[:2])) - shared)


def test_mtcnn_finds_the_faces_where_the_labels_say() -> None:
    pytest.importorskip("espeakng_loader")
    facenet = pytest.importorskip("facenet_pytorch")
    detector = facenet.MTCNN(keep_all=True, device="cpu")
    settings = SyntheticSource(Path("unused"), seed=5, identities=16, speakers=2, scene_seconds=(1.0, 1.2)).settings
    scenes = [plan_scene(settings, number) for number in range(6)]
    found = wanted = 0
    for scene in scenes:
        picture = list(frames(scene))[12]
        boxes, probabilities = detector.detect(picture)
        sure = [] if boxes is None else [np.asarray(b) for b, p in zip(boxes, probabilities, strict=True) if p >= 0.9]
        assert len(sure) <= len(scene.actors)
        for truth in _truths(scene, 12):
            wanted += 1
            found += any(_iou(truth, box) > 0.6 for box in sure)
    assert found >= wanted - 1


def _truths(scene: Scene, frame: int) -> list[np.ndarray]:
    return [np.asarray(actor.box(frame)) * (WIDTH, HEIGHT, WIDTH, HEIGHT) for actor in scene.actors]


def test_an_open_mouth_changes_the_mouth_and_only_the_mouth() -> None:
    face = draw_face(np.random.default_rng(2))
    head = paint_head(face, (0.3, -0.5), np.random.default_rng(0))
    shut, wide = head.colour.copy(), head.colour.copy()
    draw_features(shut, face, Pose())
    draw_features(wide, face, Pose(opening=1.0))
    rows = np.flatnonzero(np.any(shut != wide, axis=(1, 2)))
    mouth = 220 + face.mouth_height * UNIT
    assert mouth - 0.2 * UNIT < rows[0]
    assert rows[-1] < mouth + 0.4 * UNIT
    assert len(rows) > 0.15 * UNIT


def test_lids_hide_the_iris() -> None:
    face = draw_face(np.random.default_rng(2))
    blank = np.full((470, 400, 3), 200, np.uint8)
    opened, closed = blank.copy(), blank.copy()
    draw_features(opened, face, Pose())
    draw_features(closed, face, Pose(lids=1.0))
    centre = (int(220 + (face.eye_height - 0.02) * UNIT), int(200 + face.eye_spacing * UNIT))
    assert opened[centre].sum() < 250
    assert closed[centre].sum() > int(opened[centre].sum()) + 40
