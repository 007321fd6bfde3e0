"""Previews of a measured folder, as the command writes them."""

from __future__ import annotations

from pathlib import Path

from avcur.engines.local import LocalEngine
from avcur.filters.filter import Filter
from avcur.media.encode import write_audio, write_video
from avcur.media.probe import probe
from avcur.media.standardise import Standardiser
from avcur.pipeline import Pipeline
from avcur.preview.write import write_previews
from avcur.segment.face_tracks import FaceTracks
from avcur.signals.faces import Faces
from avcur.sources.folder import FolderSource
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.stage import Stages
from avcur.variants.build import VariantBuilder
from avcur.visual.visual_pass import VisualPass
from tests.helpers.media import SquareDetector, face_frames, noise


def test_each_recording_with_a_picture_has_a_video_and_each_variant_a_sheet(tmp_path: Path) -> None:
    media = tmp_path / "media"
    (media / "sub").mkdir(parents=True)
    write_video(media / "sub" / "face [1].mp4", face_frames([[(160.0, 120.0)] * 30]), 25, noise(1.2))
    write_audio(media / "voice.wav", noise(1.0))
    (media / "broken.mp4").write_text("no media")
    stages = Stages(Standardiser(), FaceTracks(VisualPass(SquareDetector())), {"faces": Faces()})
    pipeline = Pipeline(stages, tmp_path / "cache", engine=LocalEngine(0))
    corpus = pipeline.run(FolderSource(media), "key")
    known = dict.fromkeys(Faces.columns, "picture")
    builder = VariantBuilder(corpus, GroupDisjoint(), known, tmp_path / "variants")  # type: ignore[arg-type]
    variant = builder.build(Filter.parse({"name": "large", "rules": {"face_size": {"min": 500}}}), None)

    (sheet,) = write_previews(pipeline, corpus, [variant], tmp_path / "previews")
    assert [p.relative_to(tmp_path / "previews").as_posix() for p in (tmp_path / "previews").rglob("*.mp4")] == [
        "sub/face [1].mp4"
    ]
    found = probe(tmp_path / "previews" / "sub" / "face [1].mp4")
    assert (found.fps, found.has_audio) == (25.0, True)
    assert sheet == variant.directory / "contact_sheet.html"
    text = sheet.read_text(encoding="utf-8")
    assert "face_size &lt; 500" in text
    assert "face [1].mp4" in text
