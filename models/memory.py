"""Freed memory kept for the next step of a training on a CPU, instead of handed back to the system and asked for again.

glibc gives every large block back when it is freed. A training step allocates the same gigabytes each time, and the
system clears each page of them anew: half of the time of a full-width Light-ASD step, measured on two cores.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
"""Names of mallopt(3)'s parameters in malloc.h."""
_KEEPING = {_MMAP_MAX: 0, _TRIM_THRESHOLD: 2**31 - 1, _TOP_PAD: 64 * 2**20}
_USUAL = {_MMAP_MAX: 65536, _TRIM_THRESHOLD: 128 * 1024, _TOP_PAD: 128 * 1024}


def _set(values: dict[int, int]) -> bool:
    """Whether the C library is glibc and took them all."""
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt") or not hasattr(library, "gnu_get_libc_version"):
        return False
    return all(library.mallopt(name, value) == 1 for name, value in values.items())


@contextmanager
def kept_memory() -> Iterator[bool]:
    """Within it the whole process keeps what it frees; afterwards it goes back. False where glibc is not in use."""
    taken = _set(_KEEPING)
    try:
        yield taken
    finally:
        if taken:
            _set(_USUAL)
            ctypes.CDLL(None).malloc_trim(0)
