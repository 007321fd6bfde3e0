from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from avcur.media.decode import read_audio
from avcur.signals.dnsmos import WINDOW, Dnsmos, DnsmosP808, windows
from avcur.weights import Weights
from tests.helpers.media import noise
from tests.signals.clips import sound, values

SPEECH = "speech_speaker/1688/1688-142285-0003.flac"


@pytest.fixture(scope="module")
def p835(real_media: Path) -> Weights:
    return local("dnsmos_p835", real_media)


@pytest.fixture(scope="module")
def p808(real_media: Path) -> Weights:
    return local("dnsmos_p808", real_media)


def local(name: str, real_media: Path) -> Weights:
    weights = Weights(name, str(real_media.parent / "weights"))
    if weights.missing():
        pytest.skip(f"no weights of {name} beside the real test media")
    return weights


def overall(weights: Weights, tmp_path: Path, waveform: np.ndarray) -> float:
    found = values(Dnsmos(weights).measure(sound(tmp_path, waveform.astype(np.float32))))["dnsmos_ovrl"]
    assert isinstance(found, float)
    return found


@pytest.mark.parametrize(
    ("seconds", "starts"), [(9.01, [0]), (10.99, [0]), (11, [0, 1]), (20, list(range(11))), (8.9, list(range(8)))]
)
def test_windows_begin_each_second_and_short_clips_are_doubled(seconds: float, starts: list[int]) -> None:
    """As `int(floor(length) - 9.01) + 1` windows of the published script."""
    ramp = np.arange(round(seconds * 16000), dtype=np.float32)
    cut = list(windows(ramp, 1))
    assert {len(window) for window in cut} == {WINDOW}
    assert [window[0] for window in cut] == [start * 16000 for start in starts]
    assert cut[0][-1] == (WINDOW - 1) % len(ramp)
    assert len(list(windows(ramp, 9))) == -(-len(starts) // 9)


def test_equals_the_published_script(p835: Weights, p808: Weights, real_media: Path, tmp_path: Path) -> None:
    """dnsmos_local.py and dnsmos.py of microsoft/DNS-Challenge, with librosa 0.11, of the same utterance."""
    media = sound(tmp_path, read_audio(real_media / SPEECH, 16000))
    found = values(Dnsmos(p835).measure(media)) | values(DnsmosP808(p808).measure(media))
    expected = {"dnsmos_sig": 3.3141, "dnsmos_bak": 3.8300, "dnsmos_ovrl": 2.9663, "dnsmos_p808": 3.8810}
    assert found == pytest.approx(expected, abs=2e-3)


def test_noise_lowers_the_overall_score_step_by_step(p835: Weights, real_media: Path, tmp_path: Path) -> None:
    speech = read_audio(real_media / SPEECH, 16000)
    hiss = noise(len(speech) / 16000, level=1.0)[: len(speech)]
    hiss *= np.sqrt(np.mean(speech**2) / np.mean(hiss**2))
    scores = [overall(p835, tmp_path, speech + gain * hiss) for gain in (0.0, 0.03, 0.3, 1.0)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1] + 1


def test_speech_stands_above_noise(p835: Weights, real_media: Path, tmp_path: Path) -> None:
    def least_and_most(pattern: str) -> tuple[float, float]:
        files = sorted(real_media.glob(pattern))[:4]
        scores = [overall(p835, tmp_path, read_audio(path, 16000)[: 9 * 16000]) for path in files]
        return min(scores), max(scores)

    assert least_and_most("speech_speaker/*/*-0001.flac")[0] > least_and_most("audio_type/noise/*")[1] + 0.3


def test_digital_silence_is_not_applicable(p835: Weights, tmp_path: Path) -> None:
    found = Dnsmos(p835).measure(sound(tmp_path, np.zeros(16000, np.float32)))
    assert set(values(found).values()) == {"silence"}


def test_without_weights_the_reason_names_the_file(tmp_path: Path) -> None:
    signal = Dnsmos(Weights("dnsmos_p835", str(tmp_path)))
    found = values(signal.measure(sound(tmp_path, noise(1.0))))
    assert list(found) == ["dnsmos_sig", "dnsmos_bak", "dnsmos_ovrl"]
    assert "sig_bak_ovr.onnx (dnsmos_p835) is not in" in str(found["dnsmos_ovrl"])


def test_keys_tell_the_hop_and_not_the_folder(tmp_path: Path) -> None:
    keys = [
        Dnsmos(Weights("dnsmos_p835", str(tmp_path / folder)), hop).key()["params"]
        for folder, hop in (("a", 1), ("b", 1), ("a", 9))
    ]
    assert keys[0] == keys[1] != keys[2]
    assert len(pickle.dumps(Dnsmos(Weights("dnsmos_p835", str(tmp_path))))) < 1000
