import tracemalloc

import numpy as np
import pytest

from avcur.features.mfcc import columns, mfcc, num_columns

# Row 5 of python_speech_features 0.6 for the tone below, as int16 (winlen 0.025, winstep 0.010).
REFERENCE = [17.28, 19.511, 2.646, -13.195, -26.18, -32.508, -28.693, -17.66, -2.37, 10.78, 18.893, 18.687, 12.402]


def test_equals_python_speech_features() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(4000) / 16000)
    integers = (tone * 32768).astype(np.int16)
    np.testing.assert_allclose(mfcc(integers.astype(np.float32) / 32768)[5], REFERENCE, atol=1e-3)


@pytest.mark.parametrize(("samples", "frames"), [(160, 1), (400, 1), (401, 2), (16000, 99), (16240, 100)])
def test_number_of_frames(samples: int, frames: int) -> None:
    assert mfcc(np.ones(samples, np.float32)).shape == (frames, 13)


def test_silence_is_finite() -> None:
    assert np.isfinite(mfcc(np.zeros(16000, np.float32))).all()


def test_pieces_are_the_whole() -> None:
    waveform = np.random.default_rng(0).normal(0, 0.1, 16100).astype(np.float32)
    whole = mfcc(waveform)
    assert num_columns(len(waveform)) == 99
    for first, stop in ((0, 10), (1, 11), (50, 99), (7, 7)):
        np.testing.assert_allclose(columns(waveform, first, stop), whole[first:stop], rtol=1e-6)


@pytest.mark.parametrize("samples", [640 * 30, 640 * 30 - 320, 640 * 30 + 319])
def test_beyond_the_sound_the_last_column_of_the_pieces_is_repeated(samples: int) -> None:
    waveform = np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)
    whole = mfcc(waveform)[:120]
    whole = np.pad(whole, ((0, 120 - len(whole)), (0, 0)), mode="edge")
    pieces = [columns(waveform, first, stop) for first, stop in ((0, 4), (4, 68), (68, 118), (118, 119), (119, 120))]
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-4)
    assert columns(np.zeros(0, np.float32), 2, 4).shape == (2, 13)


def test_a_long_sound_takes_little_more_memory_than_itself() -> None:
    waveform = np.zeros(600 * 16000, np.float32)
    tracemalloc.start()
    try:
        assert mfcc(waveform).shape == (59999, 13)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * waveform.nbytes + 100e6, "all spectra at once are 370 MB"


def test_only_whole_windows_count() -> None:
    assert [num_columns(n) for n in (0, 399, 400, 559, 560)] == [0, 0, 1, 1, 2]
