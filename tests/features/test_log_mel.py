import numpy as np
import torch

from avcur.features.log_mel import log_mel, log_mel_piece


def noise(samples: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32)


def test_a_tone_lies_in_its_band_and_silence_at_the_floor() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32)
    bands = log_mel(tone, 40)
    assert bands.shape == (101, 40)
    # Slaney's scale is linear up to 1 kHz (15 mel) and ends at 8 kHz (45.2 mel), in 41 steps.
    assert abs(int(bands[50].argmax()) - (15 / 45.25 * 41 - 1)) <= 1
    np.testing.assert_allclose(log_mel(np.zeros(1600, np.float32), 40), np.log(1e-6), rtol=1e-6)


def test_equals_the_definition() -> None:
    """The power of a Hann-windowed DFT, in triangles of unit area."""
    waveform = noise(1600)
    padded = np.pad(waveform, 256, mode="reflect").astype(np.float64)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(512) / 512)
    power = np.abs(np.fft.rfft(padded[3 * 160 : 3 * 160 + 512] * window)) ** 2
    from torchaudio.functional import melscale_fbanks

    bands = power @ melscale_fbanks(257, 0.0, 8000.0, 40, 16000, "slaney", "slaney").double().numpy()
    np.testing.assert_allclose(log_mel(waveform, 40)[3], np.log(bands + 1e-6), atol=1e-4)


def test_pieces_are_the_whole() -> None:
    waveform = noise(16000)
    whole = log_mel(waveform, 40)
    for first, stop in ((0, 30), (1, 31), (40, 90), (90, 101)):
        np.testing.assert_array_equal(log_mel_piece(waveform, 40, first, stop), whole[first:stop])
    assert torch.get_default_dtype() == torch.float32
