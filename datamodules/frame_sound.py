"""The sound of clips in frames of video: MFCC with exactly four columns a frame, and which frames have a voice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d

from avcur.features import COLUMNS_PER_FRAME
from avcur.features.mfcc import mfcc
from avcur.records import SAMPLES_PER_FRAME
from datamodules.clip_item import ClipItem, Waveform

Mfcc = npt.NDArray[np.float32]

_PAUSE = 5
"""Frames, 0.2 s: a shorter gap is part of speaking."""
_BELOW_SPEECH, _SILENT = 35.0, -75.0
"""dB below the clip's loud frames (95th percentile), and of full scale: quieter frames have no voice."""


def frame_mfcc(item: ClipItem, num_frames: int) -> Mfcc:
    """The clip's MFCC as exactly four columns a frame, (4 num_frames, 13)."""
    return fitted(item.sound(("mfcc", 13), mfcc), num_frames)


def fitted(columns: Mfcc, num_frames: int) -> Mfcc:
    """Cut to four columns a frame; the last column is repeated where the window's length leaves some out."""
    wanted = num_frames * COLUMNS_PER_FRAME
    return np.pad(columns[:wanted], ((0, max(0, wanted - len(columns))), (0, 0)), mode="edge")


def frames_of(columns: Mfcc, first: int, count: int) -> Mfcc:
    """The columns of `count` frames from `first` on."""
    return columns[first * COLUMNS_PER_FRAME : (first + count) * COLUMNS_PER_FRAME]


def cut(waveform: Waveform, first: int, count: int) -> Waveform:
    """The samples of `count` frames from `first` on, with silence beyond the end."""
    part = waveform[first * SAMPLES_PER_FRAME : (first + count) * SAMPLES_PER_FRAME]
    return np.pad(part, (0, count * SAMPLES_PER_FRAME - len(part)))


def voiced(waveform: Waveform, num_frames: int) -> npt.NDArray[np.bool_]:
    """Which frames (T,) lie within 0.1 s of sound that is not far below the clip's own speech.

    A level and no voice activity detection: it finds pauses in clean sound, and none where there is noise or music.
    """
    power = np.mean(cut(waveform, 0, num_frames).reshape(num_frames, -1) ** 2, axis=1)
    level = 10 * np.log10(power + 1e-12)
    return maximum_filter1d(level, _PAUSE) > max(float(np.percentile(level, 95)) - _BELOW_SPEECH, _SILENT)
