from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from avcur.records import Measurement
from avcur.signals.base import ClipMedia, NotApplicableError, Signal
from tests.helpers.media import noise
from tests.signals.clips import sound


@dataclass
class Odd(Signal):
    """Misbehaves as told."""

    how: str = "raise"
    columns = ("a", "b")
    reads = "sound"

    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        match self.how:
            case "raise":
                raise RuntimeError("boom")
            case "absent":
                raise NotApplicableError("no nose")
            case "nan":
                return {"a": Measurement.ok(float("nan")), "b": Measurement.ok(1.0)}
            case _:
                return {"a": Measurement.ok(2.0), "c": Measurement.ok(3.0)}


@pytest.mark.parametrize(
    ("how", "state", "reason"),
    [("raise", "failed", "RuntimeError: boom"), ("absent", "not_applicable", "no nose"), ("nan", "failed", "finite")],
)
def test_whatever_happens_every_column_is_measured(tmp_path: Path, how: str, state: str, reason: str) -> None:
    found = Odd(how).measure(sound(tmp_path, noise(0.1)))
    assert set(found) == {"a", "b"}
    assert {m.state for m in found.values()} == {state}
    assert all(reason in str(m.reason) for m in found.values())


def test_a_column_that_is_not_returned_failed_and_an_unknown_one_is_left_out(tmp_path: Path) -> None:
    found = Odd("half").measure(sound(tmp_path, noise(0.1)))
    assert (found["a"].value, found["b"].state, set(found)) == (2.0, "failed", {"a", "b"})


def test_the_key_follows_class_version_and_parameters() -> None:
    assert Odd("x").key() == {"class": "tests.signals.test_base.Odd", "version": 1, "params": {"how": "x"}}
    assert Odd("x").key() != Odd("y").key()


def test_a_clip_reads_only_its_own_span_of_the_sound(tmp_path: Path) -> None:
    from avcur.records import Clip

    waveform = noise(2.0)
    media = sound(tmp_path, waveform)
    span = Clip("r", "window", 0.5, 1.0, audio_offset=0.25)
    read = ClipMedia(span, media.standardised, media.segmentation).waveform
    assert read is not None
    np.testing.assert_allclose(read, waveform[12_000:20_000], atol=1 / 32000)


def test_a_clip_beyond_the_sound_is_not_applicable(tmp_path: Path) -> None:
    from avcur.records import Clip
    from avcur.signals.loudness import Loudness

    media = sound(tmp_path, noise(1.0))
    late = ClipMedia(Clip("r", "track", 2.0, 3.0), media.standardised, media.segmentation)
    found = Loudness().measure(late)["loudness"]
    assert (found.state, found.reason) == ("not_applicable", "the sound ends before the clip begins")


def test_what_signals_share_is_computed_once(tmp_path: Path) -> None:
    media, calls = sound(tmp_path, noise(0.1)), []
    for _ in range(3):
        media.shared("k", lambda: calls.append(1))
    assert calls == [1]
