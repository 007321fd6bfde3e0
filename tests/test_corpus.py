"""A measured corpus on disk, also one that an earlier version wrote."""

from dataclasses import replace
from pathlib import Path

from avcur.corpus import Corpus
from avcur.labels import CLIP_SCHEMA
from tests.helpers.tables import speaker_corpus


def test_a_corpus_of_before_published_splits_has_none(tmp_path: Path) -> None:
    corpus = speaker_corpus()
    replace(corpus, clips=corpus.clips.drop("published_split")).save(tmp_path, {})
    loaded = Corpus.load(tmp_path, corpus.key, "python curate.py")
    assert dict(loaded.clips.schema) == CLIP_SCHEMA
    assert loaded.clips.equals(corpus.clips)
    assert loaded.clips["published_split"].null_count() == len(corpus.clips)
