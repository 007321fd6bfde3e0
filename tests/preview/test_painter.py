from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from avcur.preview.judged import JudgedClip, Verdict
from avcur.preview.layout import Layout, arrange
from avcur.preview.painter import Painter
from avcur.preview.scene import Scene
from avcur.preview.style import GREY, KEPT, LINE, REJECTED, SPEAKING, WASH, track_colour
from avcur.records import Box, Clip, Measurement, Standardised, Track
from avcur.segment.segmentation import Segmentation
from tests.helpers.looks import look_of

Image = NDArray[np.uint8]

BOX: Box = (0.25, 0.25, 0.5, 0.75)
STRANGER: Box = (0.7, 0.3, 0.9, 0.6)
PICTURE = np.full((240, 320, 3), 40, np.uint8)


def painter(detected: bool = True, reason: str | None = None, box: Box = BOX, name: str = "r") -> Painter:
    tracks = (Track(0.0, (box,) * 50, (detected,) * 50),)
    verdict = Verdict("rejected", reason) if reason else Verdict("kept")
    judged = JudgedClip(
        Clip(name, "track", 0.0, 2.0, track=0),
        {"strict": verdict},
        {"snr": Measurement.ok(3), "x": Measurement.failed("y")},
    )
    look = look_of({0: [box, STRANGER], 10: [box]}, 50)
    scene = Scene(Standardised(name, None, None, 2.0), look, Segmentation((), tracks), [judged])
    return Painter(scene, arrange((320, 240), scene.num_lanes, False, False), np.zeros(0, np.float32))


def is_colour(image: Image, colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    return np.asarray((image == colour).all(axis=2))


def shown(layout: Layout, canvas: Image) -> Image:
    place = layout.picture
    assert place is not None
    return canvas[place.y : place.bottom, place.x : place.right]


def test_the_box_stands_on_the_face() -> None:
    made = painter()
    picture = shown(made.layout, made.frame(20, PICTURE))
    height, width = picture.shape[:2]
    rows, columns = np.nonzero(is_colour(picture, track_colour(0))[height // 4 :])  # below the plate with its name
    assert abs(columns.min() - 0.25 * width) <= 2
    assert abs(columns.max() - 0.5 * width) <= 2
    assert abs(rows.max() + height // 4 - 0.75 * height) <= 2
    assert not is_colour(picture[height * 4 // 10 : height * 6 // 10], track_colour(0))[
        :, width * 3 // 10 : width * 4 // 10
    ].any()


def test_a_bridged_box_is_dashed() -> None:
    shares = []
    for detected in (True, False):
        made = painter(detected)
        picture = shown(made.layout, made.frame(20, PICTURE))
        x = round(0.25 * picture.shape[1])
        edge = is_colour(picture, track_colour(0))[
            picture.shape[0] * 3 // 10 : picture.shape[0] * 7 // 10, x - 2 : x + 3
        ]
        shares.append(edge.any(axis=1).mean())
    assert shares[0] == 1.0
    assert 0.3 < shares[1] < 0.7


def test_strangers_are_grey_and_near_their_sample() -> None:
    made = painter()
    near, far = (shown(made.layout, made.frame(n, PICTURE)) for n in (2, 30))
    right = picture_half(near)
    rows, columns = np.nonzero(is_colour(right, GREY))
    assert abs(columns.min() + near.shape[1] // 2 - 0.7 * near.shape[1]) <= 1
    assert abs(rows.max() - 0.6 * near.shape[0]) <= 1
    assert not is_colour(picture_half(far), GREY).any()


def picture_half(picture: Image) -> Image:
    return picture[:, picture.shape[1] // 2 :]


def test_a_rejected_clip_says_so_below_its_box_and_on_its_card() -> None:
    made = painter(reason="snr < 10")
    canvas = made.frame(20, PICTURE)
    picture = shown(made.layout, canvas)
    assert is_colour(picture[round(0.75 * picture.shape[0]) :], REJECTED).sum() > 300
    card = made.layout.cards[0]
    badge = canvas[card.y : card.y + 30, card.x : card.right]
    assert is_colour(badge, REJECTED).sum() > 300
    kept = painter()
    canvas = kept.frame(20, PICTURE)
    assert is_colour(canvas[card.y : card.y + 30, card.x : card.right], KEPT).sum() > 300
    assert not is_colour(shown(kept.layout, canvas), REJECTED).any()


def test_a_card_is_there_as_long_as_its_track() -> None:
    tracks = (Track(0.4, (BOX,) * 20, (True,) * 20),)
    scene = Scene(Standardised("r", None, None, 2.0), look_of({10: [BOX]}, 50), Segmentation((), tracks), [])
    made = Painter(scene, arrange((320, 240), 1, False, False), np.zeros(0, np.float32))
    card = made.layout.cards[0]
    there = [
        is_colour(made.frame(n, PICTURE)[card.y : card.bottom, card.x : card.right], WASH).any()
        for n in (9, 10, 29, 30)
    ]
    assert there == [False, True, True, False]


def test_without_a_picture_a_field_says_why() -> None:
    made = painter()
    fields = [shown(made.layout, made.frame(49, reason)) for reason in (None, "file does not exist", "damaged")]
    for field in fields:
        assert is_colour(field, LINE).mean() > 0.7
        assert (field.max(axis=2) < 100).any(), "and there is text on it"
    assert len({field.tobytes() for field in fields}) == 3


@pytest.mark.parametrize("name", ["Größe/東京 <b>\n\x00", "x" * 5000, "", "\u202e\U0001f3a5"])
def test_odd_names_are_shown(name: str) -> None:
    canvas = painter(name=name).frame(0, PICTURE)
    assert (canvas[:30, :300].max(axis=2) < 100).any() == bool(name)


@pytest.mark.parametrize(
    "box", [(0.0, 0.0, 1.0, 1.0), (-0.5, -0.5, 1.5, 1.5), (0.5, 0.5, 0.5, 0.5), (0.99, 0.99, 1.0, 1.0)]
)
def test_odd_boxes_stay_in_the_picture(box: Box) -> None:
    for reason in (None, "a reason that is far longer than any picture is wide " * 5):
        made = painter(box=box, reason=reason)
        canvas = made.frame(0, PICTURE)
        place = made.layout.picture
        assert place is not None
        assert not is_colour(canvas[: place.y], track_colour(0)).any()


def test_a_picture_of_another_size_is_fitted() -> None:
    made = painter()
    for size in ((240, 320), (17, 900), (2000, 1000)):
        picture = shown(made.layout, made.frame(49, np.full((*size, 3), 200, np.uint8)))
        assert (picture[-5:, -5:] == 200).all()


def speaker(scores: list[float], box: Box = BOX, first: int = 0) -> Painter:
    """A face from grid frame `first` on, with a speaking score in each frame."""
    tracks = (Track(first / 25, (box,) * len(scores), (True,) * len(scores)),)
    clip = Clip("r", "track", tracks[0].start, tracks[0].end, track=0)
    judged = JudgedClip(clip, speaking_scores=np.array(scores, np.float32))
    scene = Scene(Standardised("r", None, None, 2.0), look_of({0: [box]}, 50), Segmentation((), tracks), [judged])
    return Painter(scene, arrange((320, 240), scene.num_lanes, False, False), np.zeros(0, np.float32))


def test_a_speaking_face_is_framed_in_green_beside_its_own_box() -> None:
    made = speaker([2.0] * 10 + [-1.0] * 10 + [np.nan] * 10, first=5)
    greens = [is_colour(shown(made.layout, made.frame(n, PICTURE)), SPEAKING) for n in range(40)]
    assert [bool(green.any()) for green in greens] == [5 <= n < 15 for n in range(40)]
    height, width = greens[5].shape
    sides = greens[5][height * 4 // 10 : height * 6 // 10]
    columns = np.flatnonzero(sides.any(axis=0))
    assert abs(columns.min() - 0.25 * width) <= 10
    assert abs(columns.max() - 0.5 * width) <= 10
    assert not sides[:, width * 3 // 10 : width * 4 // 10].any(), "nothing inside the face"
    assert (sides.sum(axis=1) >= 6).all(), "it is thick"
    own = [is_colour(shown(made.layout, made.frame(n, PICTURE)), track_colour(0)).sum() for n in (5, 20)]
    assert own[0] == pytest.approx(own[1], rel=0.05), "the track's own box stays"


def test_the_word_says_what_the_frame_says() -> None:
    made = speaker([2.0] * 10 + [-2.0] * 10)
    card = made.layout.cards[0]
    speaks, is_quiet = (
        is_colour(made.frame(n, PICTURE)[card.y : card.bottom, card.x : card.right], SPEAKING).sum() for n in (0, 12)
    )
    assert speaks > 200
    assert is_quiet == 0
    plate = is_colour(shown(made.layout, made.frame(0, PICTURE)), SPEAKING)
    top = round(0.25 * plate.shape[0])
    assert plate[top - 20 : top - 10].sum() > 300, "a plate above the box, beside the track's name"


@pytest.mark.parametrize("box", [(0.0, 0.0, 1.0, 1.0), (0.8, 0.0, 1.2, 0.5), (0.0, 0.6, 0.2, 1.1)])
def test_a_speaking_face_at_the_edge_shows_its_frame_and_its_word(box: Box) -> None:
    made = speaker([2.0] * 10, box)
    picture = shown(made.layout, made.frame(0, PICTURE))
    green = is_colour(picture, SPEAKING)
    height, width = green.shape
    middle_row = green[round((max(0, box[1]) + min(1, box[3])) / 2 * height)]
    middle_column = green[:, round((max(0, box[0]) + min(1, box[2])) / 2 * width)]
    assert middle_row.sum() >= 6, "both of its sides"
    assert middle_column.sum() >= 6
    assert green.any(axis=1).sum() > 0


def test_without_scores_nothing_is_green() -> None:
    made = painter()
    assert not is_colour(made.frame(20, PICTURE), SPEAKING).any()
