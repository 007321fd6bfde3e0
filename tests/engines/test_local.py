import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from avcur.engines.local import LocalEngine, WorkerDiedError


def square(x: int) -> int:
    return x * x


def threads(_: int) -> int:
    return torch.get_num_threads()


def die_on_three(x: int) -> int:
    if x == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def raise_on_three(x: int) -> int:
    if x == 3:
        raise ValueError("three")
    return x


@pytest.mark.parametrize("workers", [0, 2])
def test_every_item_gets_its_result(workers: int) -> None:
    assert sorted(LocalEngine(workers).map(square, range(20))) == [(n, n * n) for n in range(20)]


def test_workers_use_one_thread() -> None:
    assert [r for _, r in LocalEngine(1).map(threads, [0])] == [1]


def test_an_item_that_kills_its_worker_is_named_and_the_others_finish() -> None:
    results = dict(LocalEngine(2).map(die_on_three, range(8)))
    assert isinstance(results.pop(3), WorkerDiedError)
    assert results == {n: n for n in range(8) if n != 3}


def test_a_bug_is_raised_and_not_swallowed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="three"):
        list(LocalEngine(1).map(raise_on_three, range(5)))


def wait_for_ever(path: str) -> None:
    Path(path).write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(600)


def test_workers_end_when_the_process_that_hands_out_work_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "worker"
    code = (
        "from avcur.engines.local import LocalEngine; from tests.engines.test_local import wait_for_ever\n"
        f"if __name__ == '__main__': list(LocalEngine(1).map(wait_for_ever, [{str(file)!r}]))"
    )
    (tmp_path / "parent.py").write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    parent = subprocess.Popen([sys.executable, tmp_path / "parent.py"], env=environment)
    assert eventually(lambda: file.is_file() and file.read_text(encoding="utf-8").isdigit())
    worker = int(file.read_text(encoding="utf-8"))
    parent.kill()
    parent.wait()
    assert eventually(lambda: not alive(worker))


def alive(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2][:3]
    except FileNotFoundError:
        return False


def eventually(happened: Callable[[], bool]) -> bool:
    """Whether something comes true within a minute."""
    end = time.monotonic() + 60
    while not happened() and time.monotonic() < end:
        time.sleep(0.05)
    return happened()
