import os
import signal
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
