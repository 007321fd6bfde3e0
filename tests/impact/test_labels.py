from __future__ import annotations

from pathlib import Path

from avcur.impact.arms import sort_arms
from avcur.impact.collect import collect
from avcur.impact.labels import asked
from tests.impact.fake_study import FakeStudy, edit, result_of

GAINS = {"speaker_id": {"raw": 0.0, "strict": 0.2, "snr=2": 0.1, "snr=10": 0.3, "snr=20": 0.0}}


def labels(root: Path) -> list[str]:
    (runs,) = collect(root).values()
    return [treatment.arm.label for treatment in sort_arms(runs).treatments]


def fake(root: Path, *arms: str) -> Path:
    return FakeStudy(("speaker_id",), arms, (0, 1), groups=4, per_group=6, gains=GAINS).write(root)


def test_a_sweep_is_called_by_what_it_asks_and_goes_up(tmp_path: Path) -> None:
    assert labels(fake(tmp_path, "snr=20", "snr=2", "snr=10")) == ["snr >= 2", "snr >= 10", "snr >= 20"]


def test_a_named_filter_keeps_its_name_and_two_of_one_name_say_where_they_differ(tmp_path: Path) -> None:
    root = fake(tmp_path, "strict", "snr=2")
    assert labels(root) == ["strict", "snr >= 2"]
    for path in root.glob("*/*/curated-*/seed*/result.json"):
        data = result_of(path)
        bound = 0.5 if data["filter"] == "threshold" else 0.9
        rules = {"speech_ratio": {"min": bound, "max": None}, "snr": {"max": 40}}
        edit(path, filter="strict", card={"recipe": {"filter": {"name": "strict", "rules": rules}}})
    assert labels(root) == ["strict (speech_ratio >= 0.5)", "strict (speech_ratio >= 0.9)"]


def test_what_cannot_be_told_apart_by_its_rules_is_told_by_its_id(tmp_path: Path) -> None:
    root = fake(tmp_path, "snr=2", "snr=10")
    for path in root.glob("*/*/curated-*/seed*/result.json"):
        data = result_of(path)
        data["card"]["recipe"]["filter"]["rules"]["threshold"]["min"] = 5
        edit(path, card=data["card"])
    assert sorted(labels(root)) == ["snr >= 5 (snr=10)", "snr >= 5 (snr=2-)"]


def test_two_rules_on_one_signal_are_told_by_their_names() -> None:
    rules = {"loud": {"signal": "snr", "min": 10, "labels": ["music"]}, "snr": {"min": 5}}
    card = {"recipe": {"filter": {"rules": {**rules, "faces": {"signal": "face", "max": 2}}}}}
    assert asked(card) == {("loud", "min"): 10.0, ("snr", "min"): 5.0, ("face", "max"): 2.0}
