"""Voices and sounds: the same whatever was said before, and heard as what they are."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest

from avcur.errors import UserError
from avcur.records import SAMPLE_RATE
from avcur.seeds import generator
from avcur.sources.synthetic.espeak import Phone, speak
from avcur.sources.synthetic.mouth import follow, speaking_frames
from avcur.sources.synthetic.music import draw_piece, excerpt
from avcur.sources.synthetic.noise import KINDS, noise_source
from avcur.sources.synthetic.room import draw_channel, through
from avcur.sources.synthetic.voice import Utterance, draw_voice, utter


def test_speech_does_not_depend_on_what_was_said_before() -> None:
    pytest.importorskip("espeakng_loader")
    first = speak("seven ships sailed past", "en-us+f2", 160, 50, 50)
    speak("something else entirely", "en-gb+m3", 120, 20, 90)
    again = speak("seven ships sailed past", "en-us+f2", 160, 50, 50)
    np.testing.assert_array_equal(first.samples, again.samples)
    assert first.phones == again.phones


def test_utterances_fill_their_time_with_speech() -> None:
    pytest.importorskip("espeakng_loader")
    for number in range(6):
        said = utter(draw_voice(generator(0, number), 1.0), generator(1, number), 2.0, 3.0)
        assert 1.2 < said.duration <= 3.0
        frames = said.samples[: len(said.samples) // 320 * 320].reshape(-1, 320)
        loud = np.square(frames).mean(axis=1) > 1e-6
        assert loud[:10].any()
        assert loud[-10:].any()
        assert len(said.phones) > 8


def test_missing_espeak_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "espeakng_loader":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match=r"pip install avcur\[synthetic\]"):
        speak("hello", "en-us", 160, 50, 50)


def test_the_mouth_opens_at_vowels_and_shuts_at_lip_sounds_and_pauses() -> None:
    phones = (Phone("'A", 0.0), Phone("m", 0.2), Phone("oU", 0.4), Phone("", 0.6))
    said = Utterance(np.ones(round(0.8 * SAMPLE_RATE), np.float32), phones)
    mouth = follow([(0.2, said)], 35, articulation=1.0)
    assert mouth.opening[7] > 0.8  # 0.3 s: in the vowel
    assert mouth.opening[12] < 0.1  # 0.5 s: in the m
    assert mouth.opening[22] < 0.1  # 0.9 s: the pause
    assert mouth.opening[30] < 0.01
    assert mouth.roundness[17] > 0.5  # 0.7 s: the rounded vowel
    assert speaking_frames([(0.2, said)], 35).nonzero()[0].tolist() == list(range(5, 25))


def test_music_repeats_and_is_cut_where_asked() -> None:
    piece = draw_piece(np.random.default_rng(0))
    whole = excerpt(piece, 0.0, 2.0, np.random.default_rng(1))
    assert len(whole) == 2 * SAMPLE_RATE
    assert float(np.sqrt(np.mean(np.square(whole)))) == pytest.approx(1, abs=1e-3)
    quiet = piece.__class__(piece.beat_seconds, piece.notes, piece.timbres, drums=0.0)
    first = excerpt(quiet, 0.0, 1.0, np.random.default_rng(1))
    later = excerpt(quiet, piece.seconds, 1.0, np.random.default_rng(2))
    assert float(np.corrcoef(first, later)[0, 1]) > 0.95  # rounding moves notes by a sample at most


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_noise_sources_have_unit_level_and_no_two_stretches_alike(number: int) -> None:
    first, second = (noise_source(number, generator(0, number), generator(1, k), 20_000) for k in range(2))
    assert float(np.sqrt(np.mean(np.square(first)))) == pytest.approx(1, abs=1e-3)
    assert not np.array_equal(first, second)


def test_a_channel_keeps_the_level_and_a_weak_one_keeps_the_sound() -> None:
    dry = np.random.default_rng(0).normal(0, 0.05, SAMPLE_RATE).astype(np.float32)
    strong = through(draw_channel(generator(0, "a"), 1.0), dry, generator(1), 0.05)
    assert float(np.std(strong)) == pytest.approx(float(np.std(dry)), rel=0.02)
    plain = through(draw_channel(generator(0, "a"), 0.0), dry, generator(1), 0.05)
    assert float(np.corrcoef(plain, dry)[0, 1]) > 0.99
    assert float(np.corrcoef(strong, dry)[0, 1]) < 0.99
