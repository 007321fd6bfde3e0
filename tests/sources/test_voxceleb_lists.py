"""VoxCeleb's lists: metafiles in all spellings, the identification's split, trials."""

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from avcur.errors import UserError
from avcur.sources.voxceleb.identification import read_sides
from avcur.sources.voxceleb.metadata import read_attributes, read_sets
from avcur.sources.voxceleb.names import session_of, speaker_of, utterance_id
from avcur.sources.voxceleb.trials import TRIAL_SCHEMA, read_trials


def listed(tmp_path: Path, text: str, name: str = "list.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


SPELLINGS = {
    "vox1 official": "VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet\nid10001\tA.J._Buckley\tm\tIreland\tdev\n"
    "id10270\tEartha_Kitt\tf\tUSA\ttest\n",
    "vox2 official": "VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set \nid10001 ,n000012 ,m ,dev \nid10270 ,n000017 ,m ,test \n",
    "commas": "ID,Class_name,Gender,Nationality,Set\nid10001,A,m,USA,dev\nid10270,B,f,USA,test\n",
    "names run together": "VoxCeleb2ID,VGGFace2ID,Gender,Set\nid10001,n1,m,dev\nid10270,n2,f,test\n",
    "windows": "\ufeffVoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet\r\nid10001\tA\tm\tX\tdev\r\n\r\n"
    "id10270\tB\tf\tX\tTest\r\n",
    "quoted, other order": 'Set,"Nationality",ID\ndev,"Korea, South",id10001\ntest,"USA",id10270',
    "semicolons, twice": "ID;Set\nid10001;dev\nid10001;dev\nid10270;test\n",
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_metafiles_are_read_in_all_spellings(tmp_path: Path, text: str) -> None:
    assert read_sets([listed(tmp_path, text)]) == {"id10001": "train", "id10270": "test"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is an empty metafile"),
        (" \n\n", "is an empty metafile"),
        ("ID,Gender\nid1,m\n", "lacks the column Set; its first line is 'ID,Gender'"),
        ("id10001,A,m,USA,dev\n", "lacks a column of speakers"),
        ("ID,Set\nid1,dev\nid2,eval\n", "line 3: Set is 'eval', expected one of dev, train, test"),
        ("ID,Set\nid1\n", r"line 2: expected at least 2 cells, got \['id1'\]"),
        ("ID,Set\nid1,dev\nid1,test\n", "Speaker id1 is in train by .* and in test"),
    ],
)
def test_what_is_no_metafile_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read_sets([listed(tmp_path, text)])


def test_two_metafiles_make_one_and_must_agree(tmp_path: Path) -> None:
    one, two = listed(tmp_path, "ID,Set\nid1,dev\n", "1.csv"), listed(tmp_path, "ID,Set\nid2,test\n", "2.csv")
    assert read_sets([one, two]) == {"id1": "train", "id2": "test"}
    with pytest.raises(UserError, match=r"id2 is in test by .*2\.csv and in train by .*3\.csv"):
        read_sets([two, listed(tmp_path, "ID,Set\nid2,dev\n", "3.csv")])
    with pytest.raises(UserError, match="No metafile at"):
        read_sets([tmp_path / "none.csv"])


def test_metafiles_say_sex_and_nationality_as_far_as_they_know(tmp_path: Path) -> None:
    one = listed(tmp_path, "VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet\nid1\tA\tm\tIreland\tdev\n", "1.csv")
    two = listed(tmp_path, "VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set\nid1 ,n1 ,f ,dev\nid2 ,n2 ,f ,dev\n", "2.csv")
    bare = listed(tmp_path, "ID,Set\nid3,test\n", "3.csv")
    assert read_attributes([one, two, bare]) == {
        "id1": (("nationality", "Ireland"), ("sex", "m")), "id2": (("sex", "f"),), "id3": (),
    }  # fmt: skip
    assert read_attributes([]) == {}


def test_real_metafiles(real_media: Path) -> None:
    sets = [Counter(read_sets([real_media / "annotations" / f"vox{n}_meta_subset.csv"]).values()) for n in (1, 2)]
    assert all(found["train"] and found["test"] for found in sets)
    told = read_attributes([real_media / "annotations" / "vox1_meta_subset.csv"])
    assert {dict(known)["sex"] for known in told.values()} == {"f", "m"}
    assert all(dict(known)["nationality"] for known in told.values())


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("id10270/5r0dWxy17C8/00001.wav", "id10270/5r0dWxy17C8/00001"),
        ("./wav/id10270/5r0dWxy17C8/00001.WAV", "id10270/5r0dWxy17C8/00001"),
        ("/data/vox2/dev/aac/id00012/-x_/00001.m4a", "id00012/-x_/00001"),
        (r"id10270\5r0dWxy17C8\00001.wav", "id10270/5r0dWxy17C8/00001"),
        ("id10270/5r0dWxy17C8/00001", "id10270/5r0dWxy17C8/00001"),
        ("a/b/c/1688-142285.0000.flac", "a/b/c/1688-142285.0000"),
        ("1688/0.v2", "1688/0.v2"),
    ],
)
def test_the_name_of_an_utterance(path: str, name: str) -> None:
    assert utterance_id(path) == name


def test_an_id_tells_its_speaker_and_session() -> None:
    assert speaker_of("id10270/5r0/00001") == "id10270"
    assert session_of("id10270/5r0/00001") == "id10270/5r0"


def test_the_identifications_split(tmp_path: Path) -> None:
    text = "1 id1/a/1.wav\r\n1 id1/a/1.wav\r\n2 id1/b/1.wav\r\n3 id1/c/1.wav\r\n"
    sides = read_sides(listed(tmp_path, text))
    assert sides == {"id1/a/1": "train", "id1/b/1": "val", "id1/c/1": "test"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is an empty identification split"),
        ("1 id1/a/1.wav\n4 id1/b/1.wav\n", "line 2: expected `<1|2|3> <path>`, got '4 id1/b/1.wav'"),
        ("1 id1/a/1.wav id1/a/2.wav\n", "line 1: expected"),
        ("1 id1/a/1.wav\n3 id1/a/1.wav\n", "line 2: id1/a/1 is in test, and in train before"),
        (
            "1 id1/a/1.wav\n3 id1/a/2.wav\n1 id1/b/1.wav\n2 id2/b/1.wav\n",
            "Leakage: .* has 1 videos on two sides, such as id1/a: id1/a/1 is in train and id1/a/2 in test",
        ),
    ],
)
def test_what_is_no_split_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said.replace("|", r"\|")):
        read_sides(listed(tmp_path, text))


def test_trials(tmp_path: Path) -> None:
    text = "1 id1/a/1.wav id1/b/1.wav\r\n0 id1/a/1.wav  id2/c/1.wav\r\n\r\n0 id1/a/1.wav id2/c/1.wav\r\n"
    trials = read_trials(listed(tmp_path, text))
    assert dict(trials.schema) == TRIAL_SCHEMA
    assert trials.rows() == [
        (1, "id1/a/1", "id1/b/1"), (0, "id1/a/1", "id2/c/1"), (0, "id1/a/1", "id2/c/1"),
    ]  # fmt: skip


def test_names_with_spaces_stand_between_tabs(tmp_path: Path) -> None:
    trials = read_trials(listed(tmp_path, "1\tmy voice/1.flac\tmy voice/2.flac\n0\tmy voice/1.flac\tyours/1.flac\n"))
    assert trials.rows()[0] == (1, "my voice/1", "my voice/2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n", "is an empty trial list"),
        ("1 a/1.wav\n", "line 1: expected `<0|1> <path> <path>`, got '1 a/1.wav'"),
        ("1 a b\ntarget a c\n", "line 2: expected"),
        ("1 a b\n1 a c\n", "all 2 trials are pairs of one speaker; an error rate needs both kinds"),
        ("0 a b\n", "all 1 trials are pairs of different speakers"),
        ("1 a b\n0 b a\n0 a c\n", "1 pairs are called both same and different, such as a with b"),
    ],
)
def test_what_is_no_trial_list_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said.replace("|", r"\|")):
        read_trials(listed(tmp_path, text))


def test_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"\xff\xfe1 a b")
    with pytest.raises(UserError, match=r"is no trial list: .* expected UTF-8 text"):
        read_trials(path)


def test_trials_come_as_polars_for_joins(tmp_path: Path) -> None:
    trials = read_trials(listed(tmp_path, "1 a b\n0 a c\n"))
    assert trials.filter(pl.col("target") == 1)["test"].to_list() == ["b"]
