"""The audio-only recordings: utterances by known speakers, and clips of speech, music, both and neither."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from avcur.records import SAMPLE_RATE
from avcur.seeds import generator
from avcur.sources.synthetic.identity import identity
from avcur.sources.synthetic.music import draw_piece, excerpt
from avcur.sources.synthetic.noise import noise_source
from avcur.sources.synthetic.room import draw_channel, through
from avcur.sources.synthetic.scene import session_channel
from avcur.sources.synthetic.settings import Settings
from avcur.sources.synthetic.voice import ACTIVE_RMS, utter

Waveform = NDArray[np.float32]
AudioType = Literal["speech", "music", "both", "neither"]
AUDIO_TYPES: tuple[AudioType, ...] = get_args(AudioType)


def utterance(settings: Settings, name: str, speaker: int, session: str) -> Waveform:
    """One sentence of `speaker` through the session's microphone; float32 (N,) at 16 kHz."""
    rng = generator(settings.seed, name)
    said = utter(identity(settings, speaker).voice, rng, *settings.utterance_seconds)
    return _finished(through(session_channel(settings, session), said.samples, rng, ACTIVE_RMS), rng)


def audio_clip(settings: Settings, name: str, audio_type: AudioType, component: int) -> Waveform:
    """A clip of one audio type from the speaker, piece or noise source of its component; float32 (N,) at 16 kHz."""
    rng = generator(settings.seed, name)
    channel = draw_channel(rng, settings.channel_strength)
    seconds = float(rng.uniform(*settings.audio_seconds))
    speaks, plays = audio_type in ("speech", "both"), audio_type in ("music", "both")
    dry = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    if speaks:
        dry = utter(
            identity(settings, component_speaker(settings, component)).voice, rng, *settings.audio_seconds
        ).samples
    if plays:
        over = float(rng.uniform(-4, 8)) if speaks else 0.0  # speech over music, dB
        dry = dry + ACTIVE_RMS * 10 ** (-over / 20) * _music(settings, component, rng, len(dry))
    if not speaks and not plays:
        source = generator(settings.seed, "noise", component)
        dry = ACTIVE_RMS * noise_source(component, source, rng, len(dry))
    return _finished(through(channel, dry, rng, ACTIVE_RMS), rng)


def component_speaker(settings: Settings, component: int) -> int:
    return component % settings.identities


def _music(settings: Settings, component: int, rng: np.random.Generator, length: int) -> Waveform:
    piece = draw_piece(generator(settings.seed, "piece", component))
    return excerpt(piece, float(rng.uniform(0, piece.seconds)), length / SAMPLE_RATE, rng)[:length]


def _finished(waveform: Waveform, rng: np.random.Generator) -> Waveform:
    """A drawn gain (+-4 dB) without clipping: a recording's level says nothing about its label."""
    louder = waveform * 10 ** (float(rng.uniform(-4, 4)) / 20)
    return (louder * min(1.0, 0.95 / max(float(np.abs(louder).max()), 1e-9))).astype(np.float32)
