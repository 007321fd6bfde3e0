from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter

from avcur.media.decode import read_audio
from avcur.records import Measurement
from avcur.signals.base import ClipMedia
from avcur.signals.bic import Sums, changes, num_clusters
from avcur.signals.speaker_changes import SpeakerChanges, speech_hops
from tests.helpers.media import noise, tone
from tests.signals.clips import sound, values

SECOND = 16_000
PENALTY = 2.25
DULL, BRIGHT = [1.0, -0.9], [1.0, 0.9]
"""Denominators of the filters of two voices."""


def voice(filtered: list[float], seconds: float, seed: int) -> NDArray[np.float32]:
    """Noise of one spectrum, in syllables."""
    sound = lfilter([1.0], filtered, noise(seconds, 0.02, seed))
    return (sound * (1 + 0.9 * np.sin(2 * np.pi * 4 * np.arange(len(sound)) / SECOND))).astype(np.float32)


def spoken(tmp_path: Path, *pieces: NDArray[np.float32]) -> ClipMedia:
    """A clip of which all that is no digital silence counts as speech."""
    waveform = np.concatenate(pieces)
    edges = np.cumsum([0, *map(len, pieces)])
    spans = tuple((int(a), int(b)) for a, b, p in zip(edges, edges[1:], pieces, strict=False) if np.any(p))
    media = sound(tmp_path, waveform)
    media.shared(("speech", 0.5), lambda: spans)
    return media


def measured(tmp_path: Path, *pieces: NDArray[np.float32]) -> tuple[Measurement, Measurement]:
    found = SpeakerChanges().measure(spoken(tmp_path, *pieces))
    return found["speaker_changes"], found["num_speakers"]


def gaussian_hops(*means: float) -> NDArray[np.float64]:
    """40 hops of 10 vectors around each mean."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(mean, 1.0, (40, 10, 5)) for mean in means])


def test_changes_of_the_mean_are_found_where_they_are() -> None:
    sums = Sums.of(gaussian_hops(0, 2, 0))
    assert changes(sums, PENALTY) == [40, 80]
    assert num_clusters(sums, [0, 40, 80, 120], PENALTY) == 2
    assert changes(Sums.of(gaussian_hops(0, 0, 0)), PENALTY) == []


def test_a_change_of_the_spread_alone_is_found() -> None:
    hops = gaussian_hops(0, 0)
    hops[40:] *= 3
    assert changes(Sums.of(hops), PENALTY) == [40]


def test_the_gain_is_the_likelihood_ratio_of_the_paper() -> None:
    hops = gaussian_hops(0, 1)
    sums = Sums.of(hops)
    vectors = hops.reshape(-1, 5)

    def scatter(part: NDArray[np.float64]) -> float:
        return float(len(part) / 2 * np.linalg.slogdet(np.cov(part.T, bias=True) + 1e-3 * np.eye(5))[1])

    wanted = scatter(vectors) - scatter(vectors[:300]) - scatter(vectors[300:])
    cost = (5 + 5 * 6 / 2) / 2 * np.log(800)
    gain = sums.gain(np.array([0]), np.array([30]), np.array([80]))
    assert gain[0] == pytest.approx(wanted / cost, rel=1e-9)


def test_a_planted_change_of_voice_is_found_in_time(tmp_path: Path) -> None:
    changed, speakers = measured(tmp_path, voice(DULL, 4, 1), voice(BRIGHT, 5, 2))
    assert changed.value == 1
    assert changed.series == pytest.approx((4.0,), abs=0.15)
    assert speakers.value == 2


def test_a_voice_that_comes_back_is_the_same_speaker(tmp_path: Path) -> None:
    changed, speakers = measured(tmp_path, voice(DULL, 4, 1), voice(BRIGHT, 4, 2), voice(DULL, 4, 3))
    assert changed.series == pytest.approx((4.0, 8.0), abs=0.15)
    assert speakers.value == 2


def test_one_voice_does_not_change(tmp_path: Path) -> None:
    changed, speakers = measured(tmp_path, voice(DULL, 12, 1))
    assert (changed.value, changed.series, speakers.value) == (0, (), 1)


def test_a_change_in_a_pause_lies_in_its_middle(tmp_path: Path) -> None:
    pause = np.zeros(SECOND, np.float32)
    changed, _ = measured(tmp_path, voice(DULL, 4, 1), pause, voice(BRIGHT, 4, 2))
    assert changed.series == pytest.approx((4.5,), abs=0.1)


def test_a_steady_tone_is_one_voice(tmp_path: Path) -> None:
    assert measured(tmp_path, tone(5.0))[0].value == 0


def test_what_is_too_short_is_not_applicable(tmp_path: Path) -> None:
    silence = np.zeros(SECOND, np.float32)
    assert set(values(SpeakerChanges().measure(sound(tmp_path, silence))).values()) == {"silence"}
    assert set(values(SpeakerChanges().measure(sound(tmp_path / "blip", noise(0.01)))).values()) == {"no speech"}
    assert measured(tmp_path / "short", voice(DULL, 1.5, 1))[0].reason == "less than 2 s of speech"
    blips = [piece for i in range(4) for piece in (noise(0.05, seed=i), silence)]
    assert measured(tmp_path / "blips", *blips)[0].reason == "less than 2 s of speech"


def test_it_is_deterministic(tmp_path: Path) -> None:
    pieces = voice(DULL, 4, 1), voice(BRIGHT, 4, 2)
    assert measured(tmp_path, *pieces) == measured(tmp_path / "again", *pieces)


def test_long_spans_are_read_in_pieces() -> None:
    waveform = noise(65.0)
    times, hops = speech_hops(waveform, ((SECOND, 65 * SECOND),))
    assert hops.shape == (639, 10, 13)
    assert times[[0, -1]] == pytest.approx([1.0, 64.8])


def test_two_real_speakers(real_media: Path, tmp_path: Path) -> None:
    first, second = (
        read_audio(sorted((real_media / "speech_speaker" / who).glob("*"))[0])[: 8 * SECOND] for who in ("1688", "LJ")
    )
    found = SpeakerChanges().measure(sound(tmp_path, np.concatenate([first, second])))
    assert found["speaker_changes"].series == pytest.approx((len(first) / SECOND,), abs=0.5)
    assert found["num_speakers"].value == 2
    alone = values(SpeakerChanges().measure(sound(tmp_path / "alone", second)))
    assert alone == {"speaker_changes": 0, "num_speakers": 1}
