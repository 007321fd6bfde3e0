"""The real sounds of the media folder, and clips made of waveforms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from avcur.records import SAMPLE_RATE, Clip, Standardised
from avcur.segment.segmentation import Segmentation
from avcur.signals.base import ClipMedia
from experiments.benchmarks.row import Settings

Waveform = NDArray[np.float32]


def utterances(settings: Settings) -> dict[str, list[Path]]:
    """The files of each speaker of `speech_speaker`."""
    folders = sorted((settings.media / "speech_speaker").glob("*/"))
    if not folders:
        raise SystemExit(f"No speakers in {settings.media / 'speech_speaker'}; --media names the folder of real media")
    return {folder.name: sorted(folder.iterdir()) for folder in folders}


def sounds_of(settings: Settings, kind: str) -> list[Path]:
    """The files of one kind of `audio_type`: speech, music, both or noise."""
    return sorted((settings.media / "audio_type" / kind).glob("*.flac"))


def clip_of(path: Path) -> ClipMedia:
    """The whole of a sound file at 16 kHz."""
    duration = soundfile.info(path).duration
    clip = Clip(path.stem, "whole", 0.0, duration)
    return ClipMedia(clip, Standardised(path.stem, None, path, duration), Segmentation((clip,)))


def made_clip(waveform: Waveform) -> ClipMedia:
    """A clip of samples that lie in no file."""
    clip = Clip("made", "whole", 0.0, len(waveform) / SAMPLE_RATE)
    media = ClipMedia(clip, Standardised("made", None, Path("made.wav"), clip.duration), Segmentation((clip,)))
    media.__dict__["waveform"] = waveform  # where the property would keep what it reads
    return media


def as_stored(waveform: NDArray[np.floating]) -> Waveform:
    """Rounded to 16 bit, as standardised sound is."""
    return (np.clip(np.round(waveform * 32768), -32768, 32767) / 32768).astype(np.float32)
