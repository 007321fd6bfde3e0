from __future__ import annotations

import itertools

import pytest

from avcur.preview.layout import WIDEST, Layout, Rect, arrange

SHAPES = [(1920, 1080), (1080, 1920), (360, 288), (160, 64), (720, 288), (2, 1000), (1000, 2), (1, 1), None]


def parts(layout: Layout) -> list[Rect]:
    single = [layout.header, layout.picture, layout.wave, layout.lanes, layout.ticks, layout.overview]
    return [*(part for part in single if part is not None and part.height), *layout.cards]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("num_lanes", [0, 1, 3, 4, 9])
def test_all_parts_lie_on_the_canvas_and_apart(shape: tuple[int, int] | None, num_lanes: int) -> None:
    layout = arrange(shape, num_lanes, has_sound=True, paged=True)
    assert max(layout.width, layout.height) <= WIDEST
    assert layout.width % 2 == layout.height % 2 == 0
    for part in parts(layout):
        assert 0 <= part.x < part.right <= layout.width
        assert 0 <= part.y < part.bottom <= layout.height
    for a, b in itertools.combinations(parts(layout), 2):
        assert a.right <= b.x or b.right <= a.x or a.bottom <= b.y or b.bottom <= a.y, (a, b)
    assert bool(layout.cards) == bool(num_lanes)


@pytest.mark.parametrize("shape", [(1920, 1080), (1080, 1920), (360, 288), (160, 64)])
def test_the_picture_keeps_its_shape_and_is_large(shape: tuple[int, int]) -> None:
    picture = arrange(shape, 2, True, False).picture
    assert picture is not None
    assert picture.width / picture.height == pytest.approx(shape[0] / shape[1], rel=0.01)
    assert max(picture.width, picture.height) >= 640


def test_a_recording_without_sound_or_pages_leaves_no_room_for_them() -> None:
    layout = arrange((1920, 1080), 1, has_sound=False, paged=False)
    assert layout.wave.height == 0
    assert layout.overview is None
