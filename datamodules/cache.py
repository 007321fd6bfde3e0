"""Decoded clips and features in memory, shared by all runs of a process: a sweep decodes each clip once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class ByteCache:
    """Arrays by key, the least recently used dropped first; never holds more than `max_bytes`.

    Keys carry what the array was made from (file, size, mtime, span, parameters), so that other content is another
    key. Arrays come back read-only: they are shared. A DataLoader's worker process has a copy of its own.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.num_bytes = 0
        self._arrays: OrderedDict[Hashable, Array] = OrderedDict()
        self._lock = threading.RLock()

    def get(self, key: Hashable, make: Callable[[], Array]) -> Array:
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
                return self._arrays[key]
        array = make()
        array.flags.writeable = False
        with self._lock:
            self._keep(key, array)
        return array

    def resize(self, max_bytes: int) -> None:
        with self._lock:
            self.max_bytes = max_bytes
            self._shrink(0)

    def _keep(self, key: Hashable, array: Array) -> None:
        if array.nbytes > self.max_bytes or key in self._arrays:
            return
        self._shrink(array.nbytes)
        self._arrays[key] = array
        self.num_bytes += array.nbytes

    def _shrink(self, room: int) -> None:
        while self._arrays and self.num_bytes + room > self.max_bytes:
            _, dropped = self._arrays.popitem(last=False)
            self.num_bytes -= dropped.nbytes

    def __len__(self) -> int:
        return len(self._arrays)


_SHARED = ByteCache(0)


def shared_cache(max_bytes: int) -> ByteCache:
    """The process's one cache, bounded anew by whoever asked last; 0 turns it off."""
    if _SHARED.max_bytes != max_bytes:
        _SHARED.resize(max_bytes)
    return _SHARED


def own(array: Array) -> Array:
    """`array` or, where it is shared and read-only, a copy that PyTorch may wrap."""
    return array if array.flags.writeable else np.array(array)
