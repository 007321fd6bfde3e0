import numpy as np
import pytest

from datamodules.cache import ByteCache, own


def test_makes_once_and_drops_the_least_recently_used() -> None:
    cache, made = ByteCache(300), []

    def make(key: str) -> np.ndarray:
        made.append(key)
        return np.zeros(100, np.uint8)

    for key in ("a", "b", "c", "a", "d", "a", "b"):
        cache.get(key, lambda key=key: make(key))
    assert made == ["a", "b", "c", "d", "b"]
    assert cache.num_bytes == 300


def test_too_large_an_array_is_passed_through() -> None:
    cache = ByteCache(10)
    assert len(cache.get("big", lambda: np.zeros(100))) == 100
    assert (len(cache), cache.num_bytes) == (0, 0)


def test_resize_shrinks() -> None:
    cache = ByteCache(300)
    for key in range(3):
        cache.get(key, lambda: np.zeros(100, np.uint8))
    cache.resize(150)
    assert cache.num_bytes == 100


def test_cached_arrays_cannot_be_changed_by_one_of_their_users() -> None:
    array = ByteCache(100).get("a", lambda: np.zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
    assert own(array).flags.writeable
