from pathlib import Path

import pytest

from avcur.errors import UserError
from avcur.sources.audio_library import AudioLibrarySource
from avcur.sources.base import Subset
from avcur.sources.folder import FolderSource


def touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return root


def test_a_flat_folder_has_no_labels_and_other_files_are_left_out(tmp_path: Path) -> None:
    source = FolderSource(touch(tmp_path, "b.mp4", "a.WAV", "notes.txt", ".hidden/c.wav"))
    assert [(r.id, r.speaker, r.audio_type) for r in source.recordings()] == [
        ("a.WAV", None, None),
        ("b.mp4", None, None),
    ]


def test_the_first_folder_is_the_speaker_and_the_second_the_session(tmp_path: Path) -> None:
    source = FolderSource(touch(tmp_path, "anna/v1/a.wav", "anna/b.wav", "ben/v1/c.wav"))
    found = {r.id: (r.speaker, r.session) for r in source.recordings()}
    assert found == {
        "anna/b.wav": ("anna", None),
        "anna/v1/a.wav": ("anna", "anna/v1"),
        "ben/v1/c.wav": ("ben", "ben/v1"),
    }


def test_folders_named_as_audio_types_are_audio_types(tmp_path: Path) -> None:
    source = FolderSource(touch(tmp_path, "music/a.wav", "Noise/b.wav", "both/c.wav"))
    assert [(r.audio_type, r.speaker) for r in source.recordings()] == [
        ("neither", None),
        ("both", None),
        ("music", None),
    ]
    speakers = FolderSource(tmp_path, label="speaker").recordings()
    assert {r.speaker for r in speakers} == {"music", "Noise", "both"}


def test_a_csv_gives_labels_and_entities(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "b.wav", "c.wav")
    csv = tmp_path / "labels.csv"
    csv.write_text("path,speaker,session,audio_type,entities\na.wav,anna,s1,,\nb.wav,,,noise,piece:1; noise:2\n")
    a, b, c = FolderSource(tmp_path, labels_csv=csv).recordings()
    assert (a.speaker, a.session, a.entities) == ("anna", "s1", ("speaker:anna",))
    assert (b.audio_type, b.entities) == ("neither", ("piece:1", "noise:2"))
    assert (c.speaker, c.audio_type) == (None, None)


def test_a_csv_says_on_which_side_a_recording_is_published(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "b.wav", "c.wav")
    csv = tmp_path / "labels.csv"
    csv.write_text("path,speaker,split\na.wav,anna,train\nb.wav,anna, test\nc.wav,anna,\n")
    assert [r.split for r in FolderSource(tmp_path, labels_csv=csv).recordings()] == ["train", "test", None]


def test_columns_are_matched_whatever_their_case(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav")
    csv = tmp_path / "labels.csv"
    csv.write_text("Path, Split,SPEAKER\na.wav,test,anna\na.wav, test,anna\n")  # twice, but of one mind
    (found,) = FolderSource(tmp_path, labels_csv=csv).recordings()
    assert (found.split, found.speaker) == ("test", "anna")


@pytest.mark.parametrize(
    ("csv_text", "message"),
    [
        ("path,speaker\na.wav,x\n./a.wav,y\n", r"names a\.wav twice, with speaker 'x' in line 2 and 'y' in line 3"),
        ("path,split\na.wav,test\na.wav,\n", "split 'test' in line 2 and 'empty' in line 3"),
        ("path,speaker\na.wav,x\n,y\n", r"labels\.csv, line 3: the path is empty"),
        ("path,speaker\n  ,y\n", r"labels\.csv, line 2: the path is empty"),
        ("path,split,Split\na.wav,test,train\n", "column 'split' twice"),
        ("path,speaker\nmissing.wav,x\n", r"such as 'missing\.wav'"),
        ("file,speaker\na.wav,x\n", "lacks the column 'path'"),
        ("path,audio_type\na.wav,musik\n", "audio type 'musik' is none of"),
        ("path,split\na.wav,validation\n", r"a\.wav: split 'validation' is none of train, val, test"),
        ("path,split\na.wav,Test\n", "split 'Test' is none of"),
    ],
)
def test_a_wrong_csv_is_one_clear_error(tmp_path: Path, csv_text: str, message: str) -> None:
    touch(tmp_path, "a.wav")
    csv = tmp_path / "labels.csv"
    csv.write_text(csv_text)
    with pytest.raises(UserError, match=message):
        FolderSource(tmp_path, labels_csv=csv).recordings()


def test_a_wrong_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a folder"):
        FolderSource(tmp_path / "nowhere").recordings()
    with pytest.raises(UserError, match="No video or audio file"):
        FolderSource(touch(tmp_path, "notes.txt")).recordings()
    with pytest.raises(UserError, match=r"source\.label"):
        FolderSource(tmp_path, label="speakers")


def test_spans_label_long_audio(tmp_path: Path) -> None:
    touch(tmp_path, "long.wav", "unnamed.wav")
    csv = tmp_path / "spans.csv"
    csv.write_text("path,start,end,label\nlong.wav,0,10,speech\nlong.wav,5,20,Music\n")
    source = AudioLibrarySource(tmp_path, segments_csv=csv)
    assert [r.id for r in source.recordings()] == ["long.wav"]
    spans = source.segment_labels()
    assert spans is not None
    assert spans.rows() == [("long.wav", 0.0, 10.0, "speech"), ("long.wav", 5.0, 20.0, "music")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (",0,1,speech", "line 2: the path is empty"),
        ("a.wav,3,1,speech", "line 2"),
        ("a.wav,x,1,speech", "seconds"),
        ("a.wav,0,1,song", "label 'song'"),
    ],
)
def test_a_wrong_span_names_its_line(tmp_path: Path, line: str, message: str) -> None:
    touch(tmp_path, "a.wav")
    csv = tmp_path / "spans.csv"
    csv.write_text(f"path,start,end,label\n{line}\n")
    with pytest.raises(UserError, match=message):
        AudioLibrarySource(tmp_path, segments_csv=csv).segment_labels()


def test_a_subset_is_seeded_and_grows(tmp_path: Path) -> None:
    source = FolderSource(touch(tmp_path, *(f"s{s}/{n}.wav" for s in range(6) for n in range(5))))
    small = Subset(source, speakers=3, clips=2).recordings()
    assert len(small) == 6
    assert len({r.speaker for r in small}) == 3
    assert small == Subset(source, speakers=3, clips=2).recordings()
    assert small != Subset(source, speakers=3, clips=2, seed=1).recordings()
    assert set(small) <= set(Subset(source, speakers=4, clips=3).recordings())
    for wrong in (0, "many"):
        with pytest.raises(UserError, match=r"subset\.clips"):
            Subset(source, clips=wrong)  # type: ignore[arg-type]


def test_a_subset_of_speakers_leaves_other_sounds_alone(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "b.wav", "m.wav", "x.wav")
    csv = tmp_path / "labels.csv"
    csv.write_text("path,speaker,audio_type\na.wav,anna,\nb.wav,ben,\nm.wav,,music\n")
    kept = Subset(FolderSource(tmp_path, labels_csv=csv), speakers=1).recordings()
    assert len(kept) == 3
    assert {r.id for r in kept} >= {"m.wav", "x.wav"}


def test_further_columns_of_a_csv_are_attributes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    touch(tmp_path, "a.wav", "b.wav", "c.wav")
    csv = tmp_path / "labels.csv"
    csv.write_text("path,speaker,Sex,language,label,\na.wav,anna, f ,de,x,1\nb.wav,ben,m,,y,2\n")
    a, b, c = FolderSource(tmp_path, labels_csv=csv).recordings()
    assert (a.attributes, b.attributes, c.attributes) == ((("language", "de"), ("sex", "f")), (("sex", "m"),), ())
    assert "whose names are taken" in caplog.text
    assert "label" in caplog.text
    subset = Subset(FolderSource(tmp_path, labels_csv=csv), speakers=1)
    assert [r.attributes for r in subset.recordings() if r.speaker] in ([a.attributes], [b.attributes])


def test_an_attribute_in_which_two_rows_of_a_file_differ_is_none(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav")
    csv = tmp_path / "labels.csv"
    csv.write_text("path,speaker,sex,start\na.wav,anna,f,0\na.wav,anna,f,5\na.wav,anna,f,0\n")
    (a,) = FolderSource(tmp_path, labels_csv=csv).recordings()
    assert a.attributes == (("sex", "f"),)


def test_spans_and_a_csv_of_attributes_go_together(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "b.wav")
    (tmp_path / "spans.csv").write_text("path,start,end,label\na.wav,0,3,speech\n")
    (tmp_path / "labels.csv").write_text("path,language,speaker\na.wav,fr,anna\nb.wav,de,ben\n")
    source = AudioLibrarySource(tmp_path, segments_csv=tmp_path / "spans.csv", labels_csv=tmp_path / "labels.csv")
    assert [(r.id, r.speaker, r.attributes) for r in source.recordings()] == [("a.wav", None, (("language", "fr"),))]


def with_csv(root: Path, text: str, **options: str) -> FolderSource:
    (root / "labels.csv").write_text(text)
    return FolderSource(root, labels_csv=root / "labels.csv", **options)


def test_labels_without_a_column_stay_as_the_folders_give_them(tmp_path: Path) -> None:
    touch(tmp_path, "anna/v1/a.wav", "ben/b.wav")
    a, b = with_csv(tmp_path, "path,sex,entities\nanna/v1/a.wav,f,piece:1\n").recordings()
    assert (a.speaker, a.session, a.attributes) == ("anna", "anna/v1", (("sex", "f"),))
    assert a.entities == ("piece:1", "speaker:anna")
    assert (b.speaker, b.session, b.entities) == ("ben", None, ("speaker:ben",))
    a, b = with_csv(tmp_path, "path,speaker\nanna/v1/a.wav,carla\nben/b.wav,\n").recordings()
    assert (a.speaker, a.session, a.entities) == ("carla", "anna/v1", ("speaker:carla",))
    assert (b.speaker, b.entities) == (None, ())
    a, b = with_csv(tmp_path, "path,session,audio_type\nanna/v1/a.wav,,speech\n").recordings()
    assert [(r.speaker, r.session, r.audio_type) for r in (a, b)] == [("anna", None, "speech"), ("ben", None, None)]
    assert {r.speaker for r in with_csv(tmp_path, "path,sex\nben/b.wav,m\n", label="none").recordings()} == {None}


def test_audio_types_of_folders_stay_beside_a_csv_without_them(tmp_path: Path) -> None:
    touch(tmp_path, "noise/a.wav", "speech/s1/b.wav")
    a, b = with_csv(tmp_path, "path,speaker\nspeech/s1/b.wav,anna\n").recordings()
    assert [(r.audio_type, r.session, r.speaker) for r in (a, b)] == [("neither", None, None), ("speech", "s1", "anna")]


def test_beside_audio_types_of_a_csv_a_folder_named_as_one_is_no_speaker(tmp_path: Path) -> None:
    touch(tmp_path, "music/a.wav", "segments/b.wav")
    typed = "path,audio_type,entities\nmusic/a.wav,both,piece:1\n"
    found = with_csv(tmp_path, typed).recordings()
    assert [(r.audio_type, r.speaker, r.entities) for r in found] == [("both", None, ("piece:1",)), (None, None, ())]
    # The CSV's types override, so that a folder of no type's name is none's fault.
    assert [r.audio_type for r in with_csv(tmp_path, typed, label="audio_type").recordings()] == ["both", None]
    with pytest.raises(UserError, match="audio type 'segments' is none of"):
        with_csv(tmp_path, "path,sex\nmusic/a.wav,f\n", label="audio_type").recordings()
