import logging
from pathlib import Path

import pytest

from avcur.errors import UserError
from avcur.records import Recording
from avcur.sources.audio_library import AudioLibrarySource
from avcur.sources.playlists import write_playlist

FILES = ("a/one.mp3", "a/two.mp3", "b/three.mp3", "four.wav", "five.wav")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / "music" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "music" / name).write_bytes(name.encode())
    return tmp_path / "music"


def listed(library: Path, **lists: tuple[str, ...]) -> Path:
    for name, files in lists.items():
        write_playlist(library.parent / "lists" / f"{name}.m3u", [library / file for file in files])
    return library.parent / "lists"


def types(recordings: list[Recording]) -> dict[str, str | None]:
    return {r.id: r.audio_type for r in recordings}


def test_a_playlist_labels_its_files_and_the_others_are_left_out(
    library: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lists = listed(library, Speech=("a/one.mp3",), music=("a/two.mp3",), noise=("b/three.mp3",), party=("four.wav",))
    found = AudioLibrarySource(library, playlists=lists).recordings()
    assert types(found) == {"a/one.mp3": "speech", "a/two.mp3": "music", "b/three.mp3": "neither"}
    assert {r.speaker for r in found} == {None}
    assert "Left out 2 files that are in no playlist: five.wav, four.wav" in caplog.text
    assert "Left out 1 playlists of no audio type's name: party.m3u" in caplog.text


def test_a_file_in_speech_and_in_music_has_both(library: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    lists = listed(library, speech=("a/one.mp3", "four.wav"), music=("four.wav",), both=("five.wav", "five.wav"))
    found = AudioLibrarySource(library, playlists=lists).recordings()
    assert types(found) == {"a/one.mp3": "speech", "five.wav": "both", "four.wav": "both"}
    assert "1 files are in the playlists of speech and of music" in caplog.text


@pytest.mark.parametrize("other", ["both", "neither"])
def test_a_file_of_two_classes_is_refused_by_name(library: Path, other: str) -> None:
    lists = listed(library, speech=("a/one.mp3",), **{other: ("a/one.mp3",)})
    with pytest.raises(UserError, match=rf"one\.mp3 is in {other}\.m3u and in speech\.m3u"):
        AudioLibrarySource(library, playlists=lists).recordings()


def test_entries_that_are_not_there_are_counted_by_name(library: Path, caplog: pytest.LogCaptureFixture) -> None:
    lists = listed(library, speech=("a/one.mp3", "gone.mp3"), music=("../outside.mp3",))
    assert len(AudioLibrarySource(library, playlists=lists).recordings()) == 1
    assert "Left out 2 entries of playlists that are no media file below" in caplog.text
    assert "gone.mp3" in caplog.text
    for list_ in lists.iterdir():
        list_.write_text("gone.mp3\n")
    with pytest.raises(UserError, match=r"None of the 1 files in .*gone\.mp3"):
        AudioLibrarySource(library, playlists=lists).recordings()


def test_a_library_behind_a_link_is_found(library: Path) -> None:
    link = library.parent / "link"
    link.symlink_to(library)
    lists = listed(library, speech=("a/one.mp3",))
    assert types(AudioLibrarySource(link, playlists=lists).recordings()) == {"a/one.mp3": "speech"}


@pytest.fixture
def linked(library: Path) -> Path:
    (library / "zlink.mp3").symlink_to(library / "a" / "one.mp3")
    return library


def test_lists_of_a_file_and_of_a_link_to_it_are_of_one_file(linked: Path) -> None:
    lists = listed(linked, speech=("a/one.mp3",), music=("zlink.mp3",))
    assert types(AudioLibrarySource(linked, playlists=lists).recordings()) == {"a/one.mp3": "both"}
    listed(linked, neither=("zlink.mp3",), music=())
    with pytest.raises(UserError, match=r"zlink\.mp3 is in neither\.m3u and in speech\.m3u as .*a/one\.mp3"):
        AudioLibrarySource(linked, playlists=lists).recordings()


@pytest.mark.parametrize(("named", "other"), [("a/one.mp3", "zlink.mp3"), ("zlink.mp3", "a/one.mp3")])
def test_of_a_file_and_its_links_the_listed_one_is_taken_and_the_others_are_counted(
    linked: Path, caplog: pytest.LogCaptureFixture, named: str, other: str
) -> None:
    found = AudioLibrarySource(linked, playlists=listed(linked, speech=(named,))).recordings()
    assert types(found) == {named: "speech"}
    assert f"Left out 1 further links to a file that is taken: {other}" in caplog.text


def test_empty_playlists_are_said_to_be_empty(library: Path) -> None:
    lists = listed(library, speech=(), music=())
    with pytest.raises(UserError, match=r"are empty \(music\.m3u, speech\.m3u\)"):
        AudioLibrarySource(library, playlists=lists).recordings()


def test_a_csv_says_whom_a_listed_file_must_stay_with(library: Path, tmp_path: Path) -> None:
    csv = tmp_path / "labels.csv"
    csv.write_text("path,entities,split,audio_type\nfour.wav,piece:4,test,\na/one.mp3,,train,music\n")
    lists = listed(library, speech=("four.wav",))
    (four,) = AudioLibrarySource(library, labels_csv=csv, playlists=lists).recordings()
    assert (four.audio_type, four.entities, four.split) == ("speech", ("piece:4",), "test")
    listed(library, speech=("a/one.mp3",))
    with pytest.raises(UserError, match=r"a/one\.mp3 is music by its folder or labels_csv and speech"):
        AudioLibrarySource(library, labels_csv=csv, playlists=lists).recordings()


def test_folders_may_name_speakers_of_listed_files(library: Path) -> None:
    lists = listed(library, speech=("a/one.mp3", "b/three.mp3"))
    found = AudioLibrarySource(library, label="speaker", playlists=lists).recordings()
    assert [(r.speaker, r.audio_type) for r in found] == [("a", "speech"), ("b", "speech")]


def test_what_cannot_be_read_as_labels_is_one_error(library: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"source\.playlists=.* is not a folder"):
        AudioLibrarySource(library, playlists=tmp_path / "none").recordings()
    with pytest.raises(UserError, match=r"none of the playlists speech\.m3u, music\.m3u"):
        AudioLibrarySource(library, playlists=library).recordings()
    with pytest.raises(UserError, match="both label the sound"):
        AudioLibrarySource(library, playlists=library, segments_csv=tmp_path / "spans.csv")


def test_the_key_follows_the_lists_and_is_unchanged_without(library: Path) -> None:
    lists = listed(library, speech=("a/one.mp3",))
    assert "playlists" not in AudioLibrarySource(library).key()
    before = AudioLibrarySource(library, playlists=lists).key()
    listed(library, speech=("a/two.mp3",))
    assert AudioLibrarySource(library, playlists=lists).key() != before


def test_speakers_of_folders_stay_beside_a_csv_of_attributes(library: Path, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("path,sex\na/one.mp3,f\n")
    lists = listed(library, speech=("a/one.mp3",))
    for label, speaker in (("speaker", "a"), ("auto", None)):
        source = AudioLibrarySource(library, label=label, labels_csv=tmp_path / "labels.csv", playlists=lists)
        (one,) = source.recordings()
        assert (one.speaker, one.audio_type, one.attributes) == (speaker, "speech", (("sex", "f"),))
