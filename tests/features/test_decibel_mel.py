import numpy as np

from avcur.features.decibel_mel import decibel_mel

# Every twelfth band of column 50 of librosa 0.11's log-mel for the two tones below.
REFERENCE = [-80.0, -52.44, -73.776, -80.0, -80.0, -80.0, -80.0, -66.848, -80.0, -80.0]


def test_equals_librosa() -> None:
    time = np.arange(16000) / 16000
    tones = 0.1 * np.sin(2 * np.pi * 440 * time) + 0.01 * np.sin(2 * np.pi * 3000 * time)
    found = decibel_mel(tones.astype(np.float32))
    assert found.shape == (100, 120)
    np.testing.assert_allclose(found[50, ::12], REFERENCE, atol=2e-3)
    np.testing.assert_allclose(found[0, 13], -11.357674, atol=2e-3)


def test_silence_is_finite() -> None:
    np.testing.assert_array_equal(decibel_mel(np.zeros(1600, np.float32)), 0.0)
