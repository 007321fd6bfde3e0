from pathlib import Path

import pytest

from avcur.records import Clip
from avcur.store.keys import digest, file_digest


def test_equal_data_has_an_equal_key_whatever_its_order() -> None:
    assert digest({"a": 1, "b": (1, 2)}) == digest({"b": [1, 2], "a": 1})


@pytest.mark.parametrize("other", [{"a": 2}, {"a": 1.5}, {"b": 1}, {"a": "1"}, {"a": None}, [{"a": 1}]])
def test_other_data_has_another_key(other: object) -> None:
    assert digest({"a": 1}) != digest(other)


def test_what_has_no_one_spelling_is_refused() -> None:
    with pytest.raises(TypeError, match="content key of object"):
        digest(object())
    with pytest.raises(ValueError, match="JSON"):
        digest(float("nan"))


def test_file_digest_is_of_the_bytes(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(b"x" * 3_000_000)
    b.write_bytes(b"x" * 3_000_000)
    assert file_digest(a) == file_digest(b)
    b.write_bytes(b"x" * 2_999_999 + b"y")
    assert file_digest(a) != file_digest(b)


def test_clip_ids_follow_what_a_clip_is() -> None:
    clip = Clip("r", "whole", 0.0, 1.0)
    assert clip.id == Clip("r", "whole", 0.0, 1.0 + 1e-9).id
    others = [Clip("q", "whole", 0.0, 1.0), Clip("r", "whole", 0.0, 1.1), Clip("r", "track", 0.0, 1.0, track=0)]
    assert len({clip.id, *(o.id for o in others), Clip("r", "whole", 0.0, 1.0, audio_offset=0.04).id}) == 5


def test_a_clip_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="start < end"):
        Clip("r", "whole", 2.0, 1.0)
