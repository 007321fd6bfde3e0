"""What curate.py says, before any work, of signals that lack their weights."""

import logging
from dataclasses import dataclass

import pytest

from avcur.configuration import check_present
from avcur.errors import UserError
from avcur.filters.filter import Filter
from avcur.records import Measurement
from avcur.signals.base import ClipMedia, Signal


@dataclass
class Learnt(Signal):
    columns = ("voice_quality",)
    reads = "sound"
    reason: str | None = "quality.onnx is not in weights"

    def missing(self) -> str | None:
        return self.reason

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        return {"voice_quality": Measurement.ok(1.0)}


RULE = {"name": "good", "rules": {"voice_quality": {"min": 3}}}


TOP = {"name": "t", "select": [{"_target_": "avcur.filters.select.Top", "signal": "voice_quality", "count": 3}]}


@pytest.mark.parametrize("filter_", [Filter.parse(RULE), Filter.parse(RULE).control(True, 0), Filter.parse(TOP)])
def test_a_filter_that_needs_what_is_not_there_is_an_error(filter_: Filter) -> None:
    with pytest.raises(UserError, match=r"'voice_quality', which cannot be measured: quality\.onnx is not in weights"):
        check_present(filter_, {"learnt": Learnt()})
    check_present(filter_, {"learnt": Learnt(reason=None)})


def test_without_such_a_rule_it_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        check_present(Filter.parse({"name": "none"}), {"learnt": Learnt()})
    assert "signals.learnt measures nothing: quality.onnx is not in weights" in caplog.text


def test_weights_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(Learnt, "missing", lambda self: asked.append(1) or "not there")
    signal = Learnt()
    assert [signal.absent, signal.absent] == ["not there"] * 2
    assert len(asked) == 1


def test_what_was_missing_is_measured_anew_when_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    there, absent = Learnt(), Learnt()
    monkeypatch.setattr(Learnt, "missing", lambda self: None)
    assert there.absent is None
    monkeypatch.undo()
    assert absent.absent is not None
    assert there.key() != absent.key()


@dataclass
class Faulty(Learnt):
    error: Exception | None = None

    def missing(self) -> str | None:
        return None

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        assert self.error is not None
        raise self.error


@pytest.mark.parametrize("error", [UserError("the checkpoint does not fit"), RuntimeError("CUDA out of memory")])
def test_a_fault_of_the_configuration_or_the_machine_is_no_property_of_a_clip(error: Exception) -> None:
    with pytest.raises(UserError, match=str(error)):
        Faulty(error=error).measure(None)  # type: ignore[arg-type]


def test_a_fault_of_the_clip_is() -> None:
    found = Faulty(error=ValueError("odd")).measure(None)  # type: ignore[arg-type]
    assert found["voice_quality"] == Measurement.failed("ValueError: odd")
