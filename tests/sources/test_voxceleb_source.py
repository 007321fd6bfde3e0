"""VoxCeleb as a source: ids, published sides, what is left out and what is refused."""

import dataclasses
import logging
from pathlib import Path

import pytest

from avcur.errors import UserError
from avcur.sources.base import Subset
from avcur.sources.voxceleb.source import VoxCelebSource


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three speakers of two videos of two utterances."""
    for speaker in ("id1", "id2", "id3"):
        for video in "ab":
            for number in "12":
                path = tmp_path / "vox" / "wav" / speaker / video / f"{number}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
    return tmp_path / "vox"


def listed(tree: Path, *lines: str, name: str = "list.txt") -> Path:
    path = tree / name
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def sides(source: VoxCelebSource) -> dict[str, str | None]:
    """The side of each speaker; one for all of its recordings."""
    found = {(r.speaker, r.split) for r in source.recordings()}
    assert len(found) == len({speaker for speaker, _ in found})
    return {str(speaker): split for speaker, split in sorted(found)}


def test_an_utterance_says_its_speaker_and_its_video(tree: Path) -> None:
    first, *_, last = found = VoxCelebSource(tree).recordings()
    assert len(found) == 12
    assert (first.id, first.speaker, first.session, first.entities) == ("id1/a/1", "id1", "id1/a", ("speaker:id1",))
    assert (first.path, first.audio_path, first.split) == (tree / "wav/id1/a/1.wav", None, None)
    assert last.id == "id3/b/2"


def test_metafiles_say_the_sides_and_the_speakers(tree: Path, caplog: pytest.LogCaptureFixture) -> None:
    meta = listed(tree, "ID,Set", "id1,dev", "id2,test", "id9,dev")
    with caplog.at_level(logging.WARNING):
        assert sides(VoxCelebSource(tree, meta=meta)) == {"id1": "train", "id2": "test"}
    told = listed(tree, "ID,Gender,Set", "id1,f,dev", "id2,m,test", name="told.csv")
    found = {r.speaker: r.attributes for r in VoxCelebSource(tree, meta=told).recordings()}
    assert found == {"id1": (("sex", "f"),), "id2": (("sex", "m"),)}
    assert "Left out 1 speakers that source.meta does not name: id3" in caplog.text
    other = listed(tree, "ID,Set", "id3,dev", name="other.csv")
    assert sides(VoxCelebSource(tree, meta=[meta, other])) == {"id1": "train", "id2": "test", "id3": "train"}
    with pytest.raises(UserError, match=r"None of the 12 utterances .* is named by .*none\.csv"):
        VoxCelebSource(tree, meta=listed(tree, "ID,Set", "id7,dev", name="none.csv")).recordings()


def test_the_identification_lists_the_sides_of_utterances(tree: Path, caplog: pytest.LogCaptureFixture) -> None:
    split = listed(tree, "1 id1/a/1.wav", "1 id1/a/2.wav", "3 id1/b/1.wav", "2 id2/a/1.wav")
    with caplog.at_level(logging.WARNING):
        found = VoxCelebSource(tree, iden_split=split).recordings()
    assert {r.id: r.split for r in found} == {
        "id1/a/1": "train", "id1/a/2": "train", "id1/b/1": "test", "id2/a/1": "val",
    }  # fmt: skip
    assert "Left out 8 utterances that source.iden_split does not name: id1/b/2" in caplog.text


def test_speakers_of_the_trials_are_the_test(tree: Path) -> None:
    trials = listed(tree, "1 id2/a/1.wav id2/b/1.wav", "0 id2/a/1.wav id3/a/1.wav")
    assert sides(VoxCelebSource(tree, trials=trials)) == {"id1": "train", "id2": "test", "id3": "test"}


def test_a_published_test_speaker_without_a_trial_does_not_train(tree: Path, caplog: pytest.LogCaptureFixture) -> None:
    trials = listed(tree, "1 id2/a/1.wav id2/b/1.wav", "0 id2/a/1.wav id2/a/2.wav")
    meta = listed(tree, "ID,Set", "id1,dev", "id2,test", "id3,test", name="meta.csv")
    with caplog.at_level(logging.WARNING):
        assert sides(VoxCelebSource(tree, meta=meta, trials=trials)) == {"id1": "train", "id2": "test"}
    assert "Left out 1 speakers of the published test that no trial names: id3" in caplog.text


def test_what_a_list_names_must_be_there_unless_allowed(tree: Path, caplog: pytest.LogCaptureFixture) -> None:
    trials = listed(tree, "1 id2/a/1.wav id2/b/1.wav", "0 id2/a/1.wav id8/a/1.wav", "0 id2/a/1.wav id9/a/1.wav")
    with pytest.raises(UserError, match=r"2 of the 4 utterances .* such as id8/a/1; .*source\.allow_missing=true"):
        VoxCelebSource(tree, trials=trials).recordings()
    with caplog.at_level(logging.WARNING):
        assert sides(VoxCelebSource(tree, trials=trials, allow_missing=True))["id2"] == "test"
    assert "Left out 2 of 3 trials" in caplog.text
    split = listed(tree, "1 id1/a/1.wav", "3 id1/c/1.wav", name="split.txt")
    with pytest.raises(UserError, match=r"1 of the 2 utterances .* such as id1/c/1"):
        VoxCelebSource(tree, iden_split=split).recordings()
    assert len(VoxCelebSource(tree, iden_split=split, allow_missing=True).recordings()) == 1
    nothing = listed(tree, "1 x/a/1.wav x/a/2.wav", "0 x/a/1.wav y/a/1.wav", name="nothing.txt")
    with pytest.raises(UserError, match="nothing of the list is there"):
        VoxCelebSource(tree, trials=nothing, allow_missing=True).recordings()


def test_two_splits_are_one_too_many(tree: Path) -> None:
    for other in ("trials", "meta"):
        with pytest.raises(UserError, match=rf"source\.iden_split and source\.{other} say two different splits"):
            VoxCelebSource(tree, iden_split=Path("a"), **{other: Path("b")})  # type: ignore[arg-type]


def test_a_benchmark_asks_for_its_list(tree: Path) -> None:
    with pytest.raises(UserError, match=r"give source\.trials="):
        VoxCelebSource(tree, needs="trials")
    VoxCelebSource(tree, trials=Path("list"), needs="trials")


def test_the_key_hangs_on_what_the_lists_say(tree: Path) -> None:
    trials = listed(tree, "1 id2/a/1.wav id2/b/1.wav", "0 id2/a/1.wav id3/a/1.wav")
    before = VoxCelebSource(tree, trials=trials).key()
    assert before == VoxCelebSource(tree, trials=trials).key()
    listed(tree, "1 id2/a/1.wav id2/b/1.wav", "0 id2/a/1.wav id1/a/1.wav")
    assert before != VoxCelebSource(tree, trials=trials).key()
    assert before != VoxCelebSource(tree).key()


def test_a_subset_leaves_the_utterances_of_trials_whole(tree: Path) -> None:
    trials = listed(tree, "1 id2/a/1.wav id2/b/1.wav", "0 id2/a/1.wav id2/a/2.wav")
    found = Subset(VoxCelebSource(tree, trials=trials), speakers=1, clips=2).recordings()
    assert len([r for r in found if r.split == "test"]) == 4
    train = [r for r in found if r.split == "train"]
    assert (len(train), len({r.speaker for r in train})) == (2, 1)


def test_a_recording_of_two_files_says_them(tree: Path) -> None:
    recording = VoxCelebSource(tree).recordings()[0]
    assert (recording.files, recording.sound_path) == ((recording.path,), recording.path)
    pair = dataclasses.replace(recording, audio_path=Path("x.m4a"))
    assert (pair.files, pair.sound_path) == ((recording.path, Path("x.m4a")), Path("x.m4a"))
