"""A measured corpus on disk, also one that an earlier version wrote."""

from dataclasses import replace
from pathlib import Path

import pytest

from avcur.corpus import Corpus
from avcur.errors import UserError
from avcur.labels import CLIP_SCHEMA
from tests.helpers.tables import speaker_corpus


def test_a_corpus_of_before_published_splits_has_none(tmp_path: Path) -> None:
    corpus = speaker_corpus()
    replace(corpus, clips=corpus.clips.drop("published_split")).save(tmp_path, {})
    loaded = Corpus.load(tmp_path, corpus.key, "python curate.py")
    assert dict(loaded.clips.schema) == CLIP_SCHEMA
    assert loaded.clips.select(corpus.clips.columns).equals(corpus.clips)
    assert loaded.clips["published_split"].null_count() == len(corpus.clips)


def test_a_corpus_of_another_format_is_to_be_measured_again(tmp_path: Path) -> None:
    corpus = speaker_corpus().save(tmp_path, {})
    assert corpus.directory is not None
    (corpus.directory / "corpus.json").write_text('{"key": "key", "configuration": {}}')
    with pytest.raises(UserError, match=r"first run:  python curate\.py"):
        Corpus.load(tmp_path, "key", "python curate.py")
