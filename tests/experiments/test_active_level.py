from __future__ import annotations

import numpy as np
import pytest

from experiments.benchmarks.sound.active_level import active_power
from experiments.benchmarks.sound.speaker_changes import matches
from experiments.benchmarks.sound.wada_snr import mixed, spread
from tests.helpers.media import noise, tone


def test_a_steady_sound_is_active_all_the_time() -> None:
    assert 10 * np.log10(active_power(noise(5.0, 0.1))) == pytest.approx(-20, abs=0.3)
    assert 10 * np.log10(active_power(tone(5.0, 440, 0.2))) == pytest.approx(-17, abs=0.3)


def test_long_pauses_do_not_lower_the_active_level() -> None:
    """One second in three has sound: its hangover of 0.2 s costs 0.8 dB."""
    burst = noise(3.0, 0.1) * (np.arange(48_000) < 16_000)
    found = 10 * np.log10(active_power(np.tile(burst, 4)))
    assert found == pytest.approx(-20 - 0.8, abs=0.4)


def test_a_mix_has_the_ratio_that_was_asked() -> None:
    speech = tone(4.0, 440, 0.1)
    added = mixed(speech, noise(4.0, seed=1), 10) - speech
    assert 10 * np.log10(active_power(speech) / np.mean(added**2)) == pytest.approx(10, abs=0.1)


def test_steady_noise_has_little_spread() -> None:
    assert spread(noise(5.0)) < 0.5
    assert spread(noise(5.0) * np.exp(np.sin(np.arange(80_000) / 5000)).astype(np.float32)) > 3


def test_matches_are_one_to_one_within_the_tolerance() -> None:
    assert matches([1.0, 1.2, 5.0], [1.1, 4.4]) == 1
    assert matches([1.0, 5.0], [1.5, 5.5]) == 2
    assert matches([], [1.0]) == 0
