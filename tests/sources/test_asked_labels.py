"""Tasks that a source can have no labels for are refused by what it gave; whatever may have some is not."""

from pathlib import Path

import polars as pl
import pytest

from avcur.defects.plant import DefectiveSource
from avcur.errors import UserError
from avcur.records import Recording
from avcur.sources.asked_labels import check_labels
from avcur.sources.audio_library import AudioLibrarySource
from avcur.sources.base import SEGMENT_LABEL_SCHEMA, UNKNOWN, Subset
from avcur.sources.folder import FolderSource
from avcur.sources.playlists import write_playlist
from avcur.tasks import TASKS
from tests.sources.test_folder import touch

SPEAKER, TYPE = TASKS["speaker_id"], TASKS["audio_type"]


def refused(source: FolderSource, task: str) -> str:
    with pytest.raises(UserError) as caught:
        check_labels([TASKS["active_speaker"], TASKS["av_sync"], TASKS[task]], Subset(source))
    return str(caught.value)


def test_a_folder_that_is_no_audio_type_is_named(tmp_path: Path) -> None:
    source = FolderSource(touch(tmp_path, "music/a.wav", "segments/b.wav", "speech/c.wav"))
    said = refused(source, "audio_type")
    assert said.startswith("tasks=[audio_type]: no recording has an audio type: folder 'segments' is no audio type ")
    assert "(speech, music, both, neither, noise, silence), so that folders are speakers" in said
    check_labels([SPEAKER, TASKS["speaker_verification"]], source)
    assert "folder 'new' and 1 more are no audio types" in refused(
        FolderSource(touch(tmp_path, "new/d.wav")), TYPE.name
    )


def test_what_would_name_speakers_is_said(tmp_path: Path) -> None:
    typed = touch(tmp_path / "typed", "music/a.wav", "speech/c.wav")
    assert "folders named as audio types (music, speech) are no speakers" in refused(FolderSource(typed), "speaker_id")
    check_labels([SPEAKER], FolderSource(typed, label="speaker"))
    assert "use source.label=speaker where" in refused(FolderSource(typed, label="none"), "speaker_verification")
    flat = touch(tmp_path / "flat", "a.wav")
    assert f"no file lies in a folder of source.root={flat}" in refused(FolderSource(flat), "speaker_id")
    (flat / "l.csv").write_text("path,speaker\na.wav,\n")
    assert "the column 'speaker' of" in refused(FolderSource(flat, labels_csv=flat / "l.csv"), "speaker_id")
    check_labels([SPEAKER], FolderSource(flat), other_speakers=True)


def test_spans_and_playlists_give_audio_types(tmp_path: Path) -> None:
    root = touch(tmp_path / "sounds", "x/a.wav")
    (tmp_path / "spans.csv").write_text("path,start,end,label\nx/a.wav,0,3,speech\n")
    spans = AudioLibrarySource(root, segments_csv=tmp_path / "spans.csv")
    check_labels([TYPE], Subset(spans))
    assert "gives audio types alone" in refused(spans, "speaker_id")
    write_playlist(tmp_path / "lists" / "music.m3u", [root / "x" / "a.wav"])
    listed = AudioLibrarySource(root, playlists=tmp_path / "lists")
    check_labels([TYPE], Subset(listed))
    assert "beside source.playlists folders name none" in refused(listed, "speaker_id")


class Bare:
    """A source of one recording without labels, but for spans."""

    name = "bare"

    def __init__(self, span: str | None, *recordings: Recording) -> None:
        self.span, self.found = span, list(recordings)

    def recordings(self) -> list[Recording]:
        return self.found

    def face_labels(self) -> None:
        return None

    def segment_labels(self) -> pl.DataFrame | None:
        rows = [("a", 0.0, 1.0, self.span)]
        return None if self.span is None else pl.DataFrame(rows, schema=SEGMENT_LABEL_SCHEMA, orient="row")

    def key(self) -> str:
        return "bare"


def test_sources_that_cannot_tell_why_are_named(tmp_path: Path) -> None:
    one = Recording("a", tmp_path / "a.wav")
    for source in (Bare(None, one), Subset(Bare(UNKNOWN, one)), DefectiveSource(Bare(None, one), {}, 0, tmp_path)):
        with pytest.raises(
            UserError, match=r"tasks=\[audio_type\]: no recording has an audio type: source bare names none"
        ):
            check_labels([TYPE], source)
    check_labels([TYPE], Bare("music", one))
    check_labels([TYPE, SPEAKER], Bare(None))
