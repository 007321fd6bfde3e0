"""Many jobs in worker processes under one progress bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from avcur.engines.local import LocalEngine, WorkerDiedError

Item = TypeVar("Item")
Result = TypeVar("Result")


def progress_bar() -> Progress:
    """The bar of long work: on stderr, so that what a command says stays clean, and gone when the work is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(file=sys.stderr), transient=True)


def work_through(
    title: str, function: Callable[[Item], Result], items: Sequence[Item], num_workers: int | None
) -> list[tuple[Item, Result]]:
    """Run `function` over `items` (LocalEngine's num_workers) in any order; RuntimeError if one kills its worker."""
    done: list[tuple[Item, Result]] = []
    with progress_bar() as progress:
        task = progress.add_task(title, total=len(items))
        for item, result in LocalEngine(num_workers).map(function, items):
            if isinstance(result, WorkerDiedError):
                raise RuntimeError(f"{title}: {item!r}: {result}")
            done.append((item, result))
            progress.advance(task)
    return done
