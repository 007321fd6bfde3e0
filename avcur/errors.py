"""The one exception that a person is meant to read, and which faults are the machine's."""

from __future__ import annotations

import errno

_MACHINE_FAULTS = (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EMFILE, errno.ENFILE)


def is_the_machines(error: BaseException) -> bool:
    """Whether an error says nothing of the file: no memory, here or on a GPU, or no room on the disk.

    Such a fault must not be stored as a property of a file.
    """
    out_of_memory = isinstance(error, RuntimeError) and "out of memory" in str(error)
    return isinstance(error, MemoryError) or out_of_memory or getattr(error, "errno", None) in _MACHINE_FAULTS


class UserError(Exception):
    """Something in the input or configuration is wrong; the message says what, where, and what to change.

    The entry points print it as one line and exit with 2; everything else is a bug and keeps its traceback.
    """


class DamagedCacheError(UserError):
    """A file of the cache cannot be read; what it holds can be made again."""


class UnlearnableError(UserError):
    """A variant that its task cannot learn from: the other runs of a sweep may go on."""


def check_number(name: str, value: object, least: float = 0, whole: bool = False) -> None:
    """A UserError unless `value`, called `name`, is a (whole) number of at least `least`."""
    kinds = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or value < least:
        what = f"a {'whole ' if whole else ''}number of at least {least:g}"
        raise UserError(f"{name} is {what}, got {value!r}")
