from collections.abc import Iterator

import pytest

from experiments.benchmarks.faces import parts


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch):
    """Spends seconds of a clock that nothing else moves."""
    spent = [0.0]
    monkeypatch.setattr(parts.time, "thread_time", lambda: spent[0])

    def work(seconds: float) -> None:
        spent[0] += seconds

    return work


def test_parts_do_not_count_what_they_call_of_others(work) -> None:
    watch = parts.Stopwatch()
    inner = watch.timed("inner", work)

    def outer() -> None:
        work(1.0)
        inner(2.0)
        inner(3.0)

    watch.timed("outer", outer)()
    assert watch.seconds == {"inner": 5.0, "outer": 1.0}


def test_a_part_may_be_chosen_by_the_arguments(work) -> None:
    watch = parts.Stopwatch()
    timed = watch.timed(lambda seconds: "long" if seconds > 1 else "short", work)
    timed(1.0)
    timed(4.0)
    assert watch.seconds == {"short": 1.0, "long": 4.0}


def test_a_generator_is_timed_by_its_steps(work) -> None:
    def steps() -> Iterator[int]:
        for number in range(3):
            work(1.0)
            yield number

    watch = parts.Stopwatch()
    seen = []
    for number in watch.stepped("steps", steps)():
        work(10.0)
        seen.append(number)
    assert seen == [0, 1, 2]
    assert watch.seconds == {"steps": 3.0}


def test_shares_add_up() -> None:
    assert parts.shares({"a": 3.0, "b": 1.0}) == "4.0 ms of CPU a frame: a 75%, b 25%"
