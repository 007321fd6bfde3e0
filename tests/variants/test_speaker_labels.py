from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from avcur.corpus import Corpus
from avcur.errors import UserError
from avcur.filters.filter import Filter
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.tasks import TASKS
from avcur.variants.build import VariantBuilder
from avcur.variants.speaker_labels import SpeakerLabels
from tests.helpers.tables import clip, clips, measured, speaker_corpus

VOICES = {"a": 0, "b": 1, "c": 1, "d": ("failed", "no sound"), "e": ("not_applicable", "no face")}


@pytest.fixture
def corpus() -> Corpus:
    about: dict[str, dict[str, Any]] = {
        "a": {"speaker": "anna", "entities": ["speaker:anna"], "content": "speech"},
        "b": {"audio_type": "music", "content": "music"},
        "c": {"speaking": [True, True], "content": "speaking"},
        "d": {"speaker": "ben", "content": "speech"},
        "e": {"recording_id": "sub/e.mp4", "start": 3.0, "end": 6.0},
    }
    table = clips([clip(name, **values) for name, values in about.items()])
    signals = measured({"voice": VOICES, "snr": dict.fromkeys("abcde", 7.5)})
    recordings = pl.DataFrame({"recording_id": table["recording_id"], "state": ["ok"] * 5})
    return Corpus("key", recordings, table, signals, None)


def csv(folder: Path, text: str) -> SpeakerLabels:
    (folder / "labels.csv").write_text(text)
    return SpeakerLabels(csv=folder / "labels.csv")


def column(corpus: Corpus, name: str) -> dict[str, Any]:
    return dict(corpus.clips.select("clip_id", name).iter_rows())


def test_numbers_of_a_column_are_speakers(corpus: Corpus) -> None:
    found = SpeakerLabels(signal="voice").applied(corpus, ("voice", "snr"))
    assert column(found, "speaker") == {"a": "voice:0", "b": "voice:1", "c": "voice:1", "d": None, "e": None}
    assert column(found, "content") == {"a": "speech", "b": "music", "c": "speaking", "d": None, "e": None}
    assert column(found, "entities")["a"] == ["speaker:anna", "speaker:voice:0"]
    assert column(found, "entities")["d"] == []
    assert found.clips.schema == corpus.clips.schema
    assert column(corpus, "speaker")["a"] == "anna"


@pytest.mark.parametrize(
    "text",
    [
        "clip_id,speaker\na,X\ne, Y \nb,\n",
        "recording_id,speaker,score\nr-a,X,1\nsub/e.mp4,Y,2\n",
        "path,speaker,start,end\nr-a,X,0,3\ne.mp4,Y,3,6\ne.mp4,Z,6,9\n",
    ],
)
def test_a_csv_says_who_speaks(corpus: Corpus, tmp_path: Path, text: str) -> None:
    found = csv(tmp_path, text).applied(corpus, ())
    assert column(found, "speaker") == {"a": "X", "b": None, "c": None, "d": None, "e": "Y"}
    assert column(found, "content")["e"] == "speech"


def test_without_either_the_sources_speakers_stay(corpus: Corpus) -> None:
    own = SpeakerLabels.of({"csv": None, "signal": None})
    assert own.applied(corpus, ()) is corpus
    assert own.recipe() is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clip_id,who\na,X\n", r"labels\.csv has no column 'speaker'; its columns: who"),
        ("name,speaker\na,X\n", "needs one of the columns clip_id"),
        ("clip_id,speaker\na,X\na,Y\n", "2 rows for 'a'"),
        ("clip_id,speaker\nz,X\n", "labels none of the 5 clips"),
        ("path,speaker\nother/e.mp4,X\nsub/e,X\ne,X\n", "speaker_labels.csv: .*2 paths match"),
    ],
)
def test_a_wrong_csv_is_one_clear_error(corpus: Corpus, tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        csv(tmp_path, text).applied(corpus, ())


def test_a_wrong_column_is_one_clear_error(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no column 'face' is measured; known columns: snr, voice"):
        SpeakerLabels(signal="face").applied(corpus, ("voice", "snr"))
    with pytest.raises(UserError, match=r"snr is 7\.5 for clip a; labels are whole"):
        SpeakerLabels(signal="snr").applied(corpus, ("voice", "snr"))
    with pytest.raises(UserError, match="give one of them"):
        SpeakerLabels(tmp_path / "labels.csv", "voice")
    with pytest.raises(UserError, match=r"speaker_labels\.csv: no such file"):
        SpeakerLabels(tmp_path / "none.csv").applied(corpus, ())


def test_a_variant_of_other_labels_is_another_and_splits_by_them(tmp_path: Path) -> None:
    corpus = speaker_corpus()
    signals = corpus.signals.joined(measured({"num": {c: int(c[1:]) % 3 for c in corpus.clips["clip_id"]}}))
    corpus = replace(corpus, signals=signals)
    variants = [
        VariantBuilder(labels.applied(corpus, ("num",)), GroupDisjoint(), {"num": "sound"}, tmp_path).build(
            Filter.parse({"name": "none"}), TASKS["speaker_id"]
        )
        for labels in (SpeakerLabels(), SpeakerLabels(signal="num"))
    ]
    assert variants[1].classes == ["num:0", "num:1", "num:2"]
    assert variants[0].id != variants[1].id
    assert len(variants[0].classes) == 6
