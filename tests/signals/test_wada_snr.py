from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from avcur.media.decode import read_audio
from avcur.signals.base import ClipMedia
from avcur.signals.voice_activity import find_speech
from avcur.signals.wada_snr import LIMITS, MARGIN, SHAPE, WadaSnr, statistic, table, wada_snr
from tests.helpers.media import noise
from tests.signals.clips import sound, values

SECOND = 16_000
WHOLE = ((0, 20 * SECOND),)


def gamma_speech(length: int, seed: int) -> NDArray[np.float64]:
    """Amplitudes of the model at power 1, of either sign."""
    rng = np.random.default_rng(seed)
    return rng.gamma(SHAPE, size=length) * rng.choice([-1.0, 1.0], length) / np.sqrt(SHAPE * (SHAPE + 1))


def mixed(decibels: float, seconds: int = 20) -> NDArray[np.float32]:
    """The model itself: Gamma amplitudes and Gaussian noise at a known ratio."""
    length = seconds * SECOND
    added = np.random.default_rng(1).normal(size=length) * 10 ** (-decibels / 20)
    return (0.02 * (gamma_speech(length, 2) + added)).astype(np.float32)


def with_speech(tmp_path: Path, waveform: NDArray[np.float32], spans: tuple[tuple[int, int], ...]) -> ClipMedia:
    """A clip whose speech is known."""
    media = sound(tmp_path, waveform)
    media.shared(("speech", 0.5), lambda: spans)
    return media


def test_the_table_rises_between_gaussian_noise_and_gamma_speech() -> None:
    """ln sqrt(2 / pi) + (gamma + ln 2) / 2 without speech; ln 0.4 - psi(0.4) without noise, which 100 dB comes near."""
    g, decibels = table()
    assert np.all(np.diff(g) > 0)
    assert decibels[[0, -1]].tolist() == [-20, 100]
    assert g[0] == pytest.approx(0.409365, abs=1e-4)
    assert 1.62 < g[-1] < 1.645094


@pytest.mark.parametrize("decibels", [-5, 0, 10, 20, 40])
def test_the_table_is_what_a_simulation_gives(decibels: int) -> None:
    g, asked = table()
    length = 4_000_000
    drawn = gamma_speech(length, 3) + np.random.default_rng(4).normal(size=length) * 10 ** (-decibels / 20)
    simulated = np.log(np.abs(drawn).mean()) - np.log(np.abs(drawn)).mean()
    assert g[asked == decibels][0] == pytest.approx(simulated, abs=4e-3)


@pytest.mark.parametrize("decibels", [0, 5, 10, 20])
def test_a_planted_ratio_is_found(decibels: float) -> None:
    assert wada_snr(mixed(decibels), WHOLE) == pytest.approx(decibels, abs=0.5)


def test_neither_level_nor_offset_matters() -> None:
    waveform = mixed(10)
    assert wada_snr(waveform / 4 + np.float32(0.1), WHOLE) == pytest.approx(wada_snr(waveform, WHOLE), abs=0.05)


def test_sound_far_from_speech_changes_nothing() -> None:
    """Pauses count up to 200 ms around a span, however long the clip is."""
    waveform = mixed(10)
    spans = ((5 * SECOND, 10 * SECOND),)
    near = waveform[5 * SECOND - MARGIN : 10 * SECOND + MARGIN]
    far = np.concatenate([np.zeros(60 * SECOND, np.float32), near])
    shifted = ((60 * SECOND + MARGIN, 65 * SECOND + MARGIN),)
    assert wada_snr(waveform, spans) == pytest.approx(wada_snr(near, ((MARGIN, len(near) - MARGIN),)), abs=1e-9)
    # The mean is taken over the same sound; only zeros of the margin's own length could differ, and there are none.
    assert wada_snr(far, shifted) == pytest.approx(wada_snr(waveform, spans), abs=1e-9)


def test_noise_alone_and_digital_zeros_stay_in_the_limits() -> None:
    assert wada_snr(noise(20.0), WHOLE) == LIMITS[0]
    bursts = mixed(60) * (np.arange(20 * SECOND) // 1600 % 2)
    assert LIMITS[0] < wada_snr(bursts.astype(np.float32), WHOLE) <= LIMITS[1]
    assert np.isfinite(statistic(np.zeros(SECOND, np.float32), ((0, SECOND),)))


def test_what_has_no_speech_is_not_applicable(tmp_path: Path) -> None:
    silence = sound(tmp_path, np.zeros(SECOND, np.float32))
    assert values(WadaSnr().measure(silence)) == {"wada_snr": "silence"}
    assert values(WadaSnr().measure(sound(tmp_path / "noise", noise(2.0)))) == {"wada_snr": "no speech"}
    assert values(WadaSnr().measure(sound(tmp_path / "blip", noise(0.01)))) == {"wada_snr": "no speech"}


def test_the_signal_measures_the_spans_that_are_known(tmp_path: Path) -> None:
    media = with_speech(tmp_path, mixed(5, 4), ((0, 4 * SECOND),))
    assert values(WadaSnr().measure(media))["wada_snr"] == pytest.approx(5, abs=1)


@pytest.mark.parametrize("decibels", [0, 5, 10])
def test_white_noise_on_real_speech(real_media: Path, decibels: float) -> None:
    errors = []
    for path in sorted((real_media / "speech_speaker").glob("*/*"))[::11]:
        speech = read_audio(path)
        active = sum(float((speech[a:b].astype(np.float64) ** 2).sum()) for a, b in find_speech(speech, 0.5))
        active /= sum(b - a for a, b in find_speech(speech, 0.5))
        noisy = speech + noise(len(speech) / SECOND, (active / 10 ** (decibels / 10)) ** 0.5, seed=5)
        errors.append(wada_snr(noisy, find_speech(noisy, 0.5)) - decibels)
    assert abs(np.mean(errors)) <= 3
