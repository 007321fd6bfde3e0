from pathlib import Path

import pytest

from avcur.store.commit import committed, write_json


def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    write_json(target, {"old": 1})
    with pytest.raises(RuntimeError), committed(target) as beside:
        beside.write_text("half")
        raise RuntimeError
    assert target.read_text() == '{\n  "old": 1\n}\n'
    assert list(tmp_path.iterdir()) == [target]


def test_the_temporary_name_keeps_the_suffix_that_encoders_go_by(tmp_path: Path) -> None:
    with committed(tmp_path / "clip.mp4") as beside:
        beside.write_bytes(b"x")
        assert beside.suffix == ".mp4"
        assert not (tmp_path / "clip.mp4").exists()
    assert (tmp_path / "clip.mp4").read_bytes() == b"x"
