from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import firwin, resample_poly

from avcur.media.decode import read_audio
from avcur.signals.bandwidth import Bandwidth, band_power, upper_edge
from tests.helpers.media import noise, tone
from tests.signals.clips import sound, values

Waveform = NDArray[np.float32]


def low_passed(waveform: Waveform, hertz: float) -> Waveform:
    return np.convolve(waveform, firwin(401, hertz, fs=16_000), "same").astype(np.float32)


def telephoned(waveform: Waveform) -> Waveform:
    """8 kHz and back."""
    return resample_poly(resample_poly(waveform, 1, 2), 2, 1).astype(np.float32)


def found(tmp_path: Path, waveform: Waveform) -> float | str | None:
    return values(Bandwidth().measure(sound(tmp_path, waveform)))["bandwidth"]


@pytest.mark.parametrize("hertz", [2000, 4000, 5500, 7000])
def test_a_low_pass_is_found(tmp_path: Path, hertz: float) -> None:
    assert found(tmp_path, low_passed(noise(3.0), hertz)) == pytest.approx(hertz, abs=200)


def test_noise_has_the_whole_band(tmp_path: Path) -> None:
    assert found(tmp_path, noise(3.0)) == 8000


def test_a_tone_ends_where_it_is(tmp_path: Path) -> None:
    assert found(tmp_path, tone(3.0, 3000)) == pytest.approx(3000, abs=300)


def test_dither_above_the_edge_is_no_content(tmp_path: Path) -> None:
    assert found(tmp_path, telephoned(noise(3.0)) + noise(3.0, 2.0**-15, seed=1)) == pytest.approx(4000, abs=500)


def test_a_silent_start_and_a_short_content_count_nothing(tmp_path: Path) -> None:
    narrow = low_passed(noise(1.0), 5500)
    silent = np.concatenate([np.zeros(160_000, np.float32), narrow])
    assert found(tmp_path, silent) == found(tmp_path / "narrow", narrow)
    quiet = np.concatenate([noise(10.0, 1e-5, seed=1), narrow])
    assert found(tmp_path / "quiet", quiet) == found(tmp_path / "narrow", narrow)


def test_an_offset_is_no_content(tmp_path: Path) -> None:
    narrow = low_passed(noise(2.0), 4000)
    assert found(tmp_path, narrow + np.float32(0.3)) == found(tmp_path / "none", narrow)


def test_pieces_join_without_a_seam() -> None:
    """Longer than a piece of 1024 frames."""
    waveform = noise(40.0)
    assert len(band_power(waveform)) == 64
    assert upper_edge(band_power(low_passed(waveform, 4000)), 22.0) == pytest.approx(4000, abs=200)


def test_a_natural_slope_is_no_edge() -> None:
    """6 dB per octave and one dip."""
    power = 1.0 / np.arange(1, 65) ** 2
    power[30:34] /= 1000
    assert upper_edge(power, 22.0) == 8000


def test_silence_and_a_blip_are_not_applicable(tmp_path: Path) -> None:
    assert found(tmp_path, np.zeros(16_000, np.float32)) == "silence"
    assert found(tmp_path / "blip", noise(0.01)) == "sound shorter than 32 ms"


def test_nearly_silent_sound_has_a_value(tmp_path: Path) -> None:
    """One click in digital silence, and steps of the last bit."""
    click = np.zeros(16_000, np.float32)
    click[8000] = 0.5
    assert found(tmp_path, click) == 8000
    assert isinstance(found(tmp_path / "bit", (tone(1.0) > 0).astype(np.float32) / 32768), float)


def test_telephone_sound_in_a_wide_file(real_media: Path) -> None:
    for path in sorted((real_media / "speech_speaker").glob("*/*"))[:110:11]:
        speech = read_audio(path)
        assert upper_edge(band_power(speech), 22.0) > 6000
        assert 3000 <= upper_edge(band_power(telephoned(speech)), 22.0) <= 4600
    narrow = read_audio(real_media / "broken" / "mono_8k.mp4")
    assert upper_edge(band_power(narrow), 22.0) == pytest.approx(4000, abs=400)
