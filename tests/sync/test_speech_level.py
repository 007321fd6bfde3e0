import numpy as np
import pytest

from avcur.sync.speech_level import _BLOCK, speech_levels


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * 16_000)).astype(np.float32)


def test_one_value_a_whole_frame() -> None:
    assert speech_levels(noise(1.0)).shape == (25,)
    assert speech_levels(noise(1.0)[:-1]).shape == (24,)
    assert speech_levels(noise(0.03)).shape == (0,)


def test_a_loud_frame_stands_in_its_place() -> None:
    waveform = noise(2.0)
    waveform[640 * 20 : 640 * 23] *= 10
    found = speech_levels(waveform)
    assert set(np.argsort(found)[-3:]) == {20, 21, 22}
    assert found[20:23].mean() - np.median(found) > 3


@pytest.mark.parametrize("gain", [0.01, 0.5, 8.0])
def test_gain_changes_nothing(gain: float) -> None:
    waveform = noise(1.0) * np.linspace(0, 1, 16_000, dtype=np.float32)
    np.testing.assert_allclose(speech_levels(np.float32(gain) * waveform), speech_levels(waveform), atol=1e-4)


def test_sound_outside_the_voice_is_not_heard() -> None:
    time = np.arange(32_000) / 16_000
    hum = (np.sin(2 * np.pi * 60 * time) + np.sin(2 * np.pi * 6000 * time)) * (time > 1)
    waveform = noise(2.0)
    changed = speech_levels((waveform + 0.3 * hum).astype(np.float32)) - speech_levels(waveform)
    assert np.abs(changed).max() < 0.5


def test_silence_is_level() -> None:
    assert np.ptp(speech_levels(np.zeros(16_000, np.float32))) == 0


def test_blocks_do_not_show() -> None:
    waveform = noise(_BLOCK / 25 + 2)
    whole, cut = speech_levels(waveform), speech_levels(waveform[640 * (_BLOCK - 25) :])
    loud = np.std(whole[_BLOCK - 20 : _BLOCK + 20] - cut[5:45])
    assert loud < 1e-2  # but for the loudness that levels are relative to
