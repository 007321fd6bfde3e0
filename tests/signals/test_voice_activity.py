from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from avcur.media.decode import read_audio
from avcur.signals.voice_activity import VoiceActivity, find_speech, longest_pause
from tests.helpers.media import noise
from tests.signals.clips import sound, values

SECOND = 16_000


def test_the_longest_pause_lies_between_speech_and_speech() -> None:
    spans = ((SECOND, 2 * SECOND), (4 * SECOND, 5 * SECOND), (6 * SECOND, 7 * SECOND))
    assert longest_pause(spans).value == 2.0
    assert longest_pause(spans[:1]).value == 0.0


def test_without_speech_the_ratio_is_zero_and_there_is_no_pause(tmp_path: Path) -> None:
    found = values(VoiceActivity().measure(sound(tmp_path, np.zeros(2 * SECOND, np.float32))))
    assert found == {"speech_ratio": 0.0, "longest_pause": "no speech"}


def test_ten_milliseconds_are_measured(tmp_path: Path) -> None:
    assert values(VoiceActivity().measure(sound(tmp_path, noise(0.01))))["speech_ratio"] == 0.0


@pytest.mark.parametrize("threads", [1, 2])
def test_torch_keeps_its_threads_through_a_measurement(tmp_path: Path, threads: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        VoiceActivity().measure(sound(tmp_path, noise(1.0)))
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


def test_a_pause_planted_in_real_speech_is_measured(real_media: Path, tmp_path: Path) -> None:
    speech = read_audio(sorted((real_media / "speech_speaker" / "LJ").glob("*"))[0])
    ((first, _), *_), last = find_speech(speech, 0.5), find_speech(speech, 0.5)[-1][1]
    spoken = speech[first:last]
    gap = np.zeros(3 * SECOND, np.float32)
    found = values(VoiceActivity().measure(sound(tmp_path, np.concatenate([gap, spoken, gap, spoken, gap]))))
    assert found["longest_pause"] == pytest.approx(3.0, abs=0.2)
