"""One defect at a rate: what is planted, and that a larger dose hits all that a smaller one hits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from avcur.defects.base import Planter
from avcur.defects.donors import Donors
from avcur.defects.dose import dose, dosed
from avcur.defects.draw import Draw
from avcur.defects.near_duplicate import NearDuplicate
from avcur.defects.noise import Noise
from avcur.defects.plant import plant_labels
from avcur.defects.wrong_audio_type import WrongAudioType
from avcur.defects.wrong_speaker import WrongSpeaker
from avcur.errors import UserError
from avcur.records import Recording

PLANTED: dict[str, Any] = {
    "only": None,
    "rate": None,
    "media": {"blur": {"rate": 0.1}, "noise": {"rate": 0.2, "snr": [0, 5]}, "silence": None},
    "labels": {"wrong_speaker": {"rate": 0.3}},
    "seed": 7,
}
RATES = (0.1, 0.2, 0.4, 0.6, 1.0)


def test_without_a_choice_all_are_planted_and_nothing_is_varied() -> None:
    found = dosed(PLANTED)
    assert (sorted(found["media"]), sorted(found["labels"]), found["seed"]) == (["blur", "noise"], ["wrong_speaker"], 7)
    assert dose(PLANTED) == {}
    assert dosed({"media": None, "labels": {}, "seed": 0}) == {"media": {}, "labels": {}, "seed": 0}


def test_one_defect_alone_at_a_rate() -> None:
    given = {**PLANTED, "only": "noise", "rate": 0.4}
    assert dosed(given) == {"media": {"noise": {"rate": 0.4, "snr": [0, 5]}}, "labels": {}, "seed": 7}
    assert dose(given) == {"defect": "noise", "rate": 0.4}
    own = {**PLANTED, "only": "wrong_speaker"}
    assert dosed(own) == {"media": {}, "labels": {"wrong_speaker": {"rate": 0.3}}, "seed": 7}
    assert dose(own) == {"defect": "wrong_speaker", "rate": 0.3}


def test_rate_0_leaves_no_media_defect_and_the_label_planter_that_hits_nothing() -> None:
    assert dosed({**PLANTED, "only": "noise", "rate": 0}) == {"media": {}, "labels": {}, "seed": 7}
    none = dosed({**PLANTED, "only": "wrong_speaker", "rate": 0})
    assert none["labels"] == {"wrong_speaker": {"rate": 0}}
    assert dose({**PLANTED, "only": "noise", "rate": 0}) == {"defect": "noise", "rate": 0.0}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({**PLANTED, "only": "nois"}, "known defects are blur, noise, wrong_speaker"),
        ({**PLANTED, "only": "silence"}, "known defects are blur, noise, wrong_speaker"),
        ({**PLANTED, "rate": 0.2}, "say of which by defects.only"),
        ({"only": "noise", "media": {}, "labels": {}}, "add defects=planted"),
        ({**PLANTED, "only": "noise", "rate": 1.5}, "defects.rate is a number of at least 0 and at most 1"),
        ({**PLANTED, "only": "wrong_speaker", "rate": "much"}, "defects.rate is a number"),
    ],
)
def test_a_dose_of_nothing_known_is_one_clear_error(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        dosed(given)


@pytest.mark.parametrize("planter", [Noise, NearDuplicate])
def test_doses_of_a_media_defect_are_nested(planter: type[Planter]) -> None:
    recordings = [Recording(f"r{n}", Path(f"r{n}.mp4"), speaker=f"s{n % 5}") for n in range(300)]
    before: dict[str, float] = {}
    for rate in RATES:
        draw = Draw({"it": planter(rate=rate)}, 3, Donors(recordings, 3))
        hits = {r.id: hit.severity for r in recordings for hit in draw(r).values()}
        assert before.items() <= hits.items(), "who was hit is hit again, as badly"
        assert len(hits) == pytest.approx(rate * len(recordings), abs=30)
        before = hits


@pytest.mark.parametrize(("task", "planter"), [("speaker_id", WrongSpeaker), ("audio_type", WrongAudioType)])
def test_doses_of_a_label_defect_are_nested(task: str, planter: Any) -> None:
    kinds = ("speech", "music", "both", "neither")
    rows = pl.DataFrame([{"clip_id": f"c{n}", "split": "train", "label": kinds[n % 4]} for n in range(300)])
    before: set[tuple[str, str]] = set()
    for rate in RATES:
        planted, truth = plant_labels(rows, task, {"it": planter(rate=rate)}, 3)
        hits = set(planted.join(truth, on="clip_id", how="semi").select("clip_id", "label").iter_rows())
        assert before <= hits, "who was hit is hit again, with the same false label"
        before = hits
    assert len(before) > 200
