"""The synthetic corpus: deterministic, resumable, and what it claims to be."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from avcur.errors import UserError
from avcur.media.decode import read_audio
from avcur.media.probe import probe
from avcur.records import FPS
from avcur.sources.base import FACE_LABEL_SCHEMA
from avcur.sources.synthetic import audio
from avcur.sources.synthetic.corpus import SyntheticSource
from avcur.sources.synthetic.scene import KINDS, plan_scene, scene_kind
from avcur.sources.synthetic.voice import ACCENTS

pytest.importorskip("espeakng_loader")

SMALL: dict[str, Any] = {
    "seed": 3, "identities": 4, "speakers": 2, "sessions": 2, "utterances": 1, "scenes": 4, "audio_clips": 8,
    "components": 2, "scene_seconds": (1.6, 2.0),
}  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> SyntheticSource:
    source = SyntheticSource(tmp_path_factory.mktemp("corpus"), **SMALL, num_workers=0)
    source.recordings()
    return source


def _digests(source: SyntheticSource) -> dict[str, str]:
    return {r.id: hashlib.sha256(r.path.read_bytes()).hexdigest() for r in source.recordings()}


def test_equal_seeds_give_equal_bytes_whatever_the_workers(corpus: SyntheticSource, tmp_path: Path) -> None:
    again = SyntheticSource(tmp_path, **SMALL, num_workers=2)
    assert _digests(again) == _digests(corpus)
    assert again.face_labels().equals(corpus.face_labels())


def test_another_seed_gives_other_media(corpus: SyntheticSource, tmp_path: Path) -> None:
    other = SyntheticSource(tmp_path, **{**SMALL, "seed": 4, "scenes": 1, "audio_clips": 1}, num_workers=0)
    ours, theirs = _digests(corpus), _digests(other)
    assert all(ours[name] != digest for name, digest in theirs.items())


def test_a_corpus_that_grows_keeps_its_recordings(corpus: SyntheticSource) -> None:
    settings = SyntheticSource(corpus.root, **{**SMALL, "utterances": 9, "sessions": 3}).settings
    recording = next(r for r in corpus.recordings() if r.speaker)
    assert recording.session is not None
    sound = audio.utterance(settings, recording.id, int(str(recording.speaker)[3:]), recording.session)
    np.testing.assert_allclose(read_audio(recording.path), sound, atol=1e-4)


def test_resumes_what_is_missing_and_nothing_else(corpus: SyntheticSource) -> None:
    before = _digests(corpus)
    lost, kept = corpus.recordings()[0].path, corpus.recordings()[1].path
    modified = kept.stat().st_mtime_ns
    lost.unlink()
    assert _digests(corpus) == before
    assert kept.stat().st_mtime_ns == modified


def test_counts_labels_and_sessions(corpus: SyntheticSource) -> None:
    recordings = corpus.recordings()
    assert len({r.id for r in recordings}) == len(recordings) == 4 + 2 * 2 * 1 + 8
    assert {r.speaker for r in recordings if r.speaker} == {"spk00", "spk01"}
    assert {r.session for r in recordings if r.speaker == "spk01"} == {"spk01/ses0", "spk01/ses1"}
    types = [r.audio_type for r in recordings if r.audio_type]
    assert sorted(types) == sorted(2 * list(audio.AUDIO_TYPES))
    assert all(r.speaker is None and r.audio_type is None for r in recordings if r.path.suffix == ".mp4")
    heard = {r.id: dict(r.attributes) for r in recordings if r.speaker or r.audio_type in ("speech", "both")}
    assert all(told["sex"] in ("f", "m") and told["accent"] in ACCENTS for told in heard.values())
    assert not [r.id for r in recordings if r.id not in heard and r.attributes]


def test_casts_share_no_face_and_no_voice(corpus: SyntheticSource) -> None:
    scenes = [r for r in corpus.recordings() if r.path.suffix == ".mp4"]
    groups = {frozenset(r.entities) for r in scenes}
    assert len(groups) == 2
    assert not frozenset.intersection(*groups)
    faces = corpus.face_labels().group_by("recording_id").agg(pl.col("identity").unique())
    entities = {r.id: set(r.entities) for r in scenes}
    assert all(set(identities) <= entities[name] for name, identities in faces.iter_rows())


def test_both_joins_the_speaker_and_the_piece_of_its_component(corpus: SyntheticSource) -> None:
    by_id = {r.id: set(r.entities) for r in corpus.recordings()}
    assert by_id["audio-01-both-0"] == by_id["audio-01-speech-0"] | by_id["audio-01-music-0"]
    assert not by_id["audio-01-neither-0"] & by_id["audio-01-both-0"]
    assert not by_id["audio-00-both-0"] & by_id["audio-01-both-0"]


def test_face_labels_have_a_row_for_each_face_and_frame(corpus: SyntheticSource) -> None:
    labels = corpus.face_labels()
    assert dict(labels.schema) == FACE_LABEL_SCHEMA
    for number in range(4):
        scene = plan_scene(corpus.settings, number)
        rows = labels.filter(pl.col("recording_id") == scene.name)
        assert len(rows) == scene.num_frames * len(scene.actors)
        assert probe(corpus.directory / "scenes" / f"{scene.name}.mp4").fps == FPS
    boxes = labels.select("x1", "y1", "x2", "y2")
    assert float(boxes.min().min_horizontal().item()) > -0.05
    assert float(boxes.max().max_horizontal().item()) < 1.05


def test_who_speaks_is_who_is_heard() -> None:
    settings = SyntheticSource(Path("unused"), seed=1, identities=12, scenes=12, speakers=2, mouthing=0).settings
    heard = {}
    for number in range(12):
        scene = plan_scene(settings, number)
        speaking = [float(a.speaking.mean()) for a in scene.actors]
        heard[scene.kind] = (speaking, float(np.sqrt(np.mean(np.square(scene.waveform)))))
        still = [a for a in scene.actors if not a.speaking.any()]
        assert all(a.mouth.opening.max() < 0.35 for a in still)
        assert all(a.mouth.opening.max() > 0.4 for a in scene.actors if a.speaking.any())
    assert set(heard) == set(KINDS)
    assert heard["speaks"][0][0] > 0.9
    assert heard["one_of_two"][0][0] > 0.9
    assert heard["one_of_two"][0][1] == 0
    assert 0.2 < heard["two_alternate"][0][0] < 0.8
    assert heard["silent_offscreen"][0] == [0]
    assert heard["silent_offscreen"][1] > 10 * heard["silent_quiet"][1]


def test_mouthing_moves_lips_only_where_nobody_is_heard() -> None:
    settings = SyntheticSource(Path("unused"), seed=1, identities=12, scenes=12, speakers=2, mouthing=1).settings
    scenes = [plan_scene(settings, number) for number in range(12)]
    mouthed = {s.kind for s in scenes for a in s.actors if not a.speaking.any() and a.mouth.opening.max() > 0.4}
    assert mouthed == {"silent_quiet"}


def test_every_cast_gets_different_kinds_of_scenes() -> None:
    settings = SyntheticSource(Path("unused")).settings
    kinds = [scene_kind(settings, number) for number in range(settings.scenes)]
    assert all(kinds.count(kind) >= settings.scenes // len(KINDS) - 1 for kind in KINDS)
    casts = settings.identities // 2
    assert all(len({kinds[c + k * casts] for k in range(4)}) == 4 for c in range(casts))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"identities": 5}, "source.identities"),
        ({"speakers": 9}, "source.speakers"),
        ({"audio_seconds": (3, 2)}, "source.audio_seconds"),
    ],
)
def test_senseless_numbers_name_the_argument(changed: dict[str, Any], named: str) -> None:
    with pytest.raises(UserError, match=named):
        SyntheticSource(Path("unused"), **{**SMALL, **changed})


def test_key_knows_every_parameter_but_where_and_how_many_workers() -> None:
    one = SyntheticSource(Path("a"), num_workers=0)
    assert one.directory.name == SyntheticSource(Path("b"), num_workers=3).directory.name
    assert one.directory.name != SyntheticSource(Path("a"), chewing=0.1).directory.name
