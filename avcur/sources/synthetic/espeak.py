"""eSpeak NG through ctypes: text to sound and phoneme times, the same bytes whatever was said before."""

from __future__ import annotations

import _ctypes
import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avcur.errors import UserError

# Constants of eSpeak NG's speak_lib.h.
_OUTPUT_SYNCHRONOUS = 2
_OPTIONS = 0x0001 | 0x8000  # phoneme events; do not exit the process on missing data
_RATE, _PITCH, _RANGE = 1, 3, 4
_CHARS_UTF8, _END_PAUSE = 1, 0x1000
_EVENT_END, _EVENT_PHONEME = 0, 7
_SEED = 7  # of the library's own noise source (breath); any fixed number will do


@dataclass(frozen=True, slots=True)
class Phone:
    """A phoneme (eSpeak's mnemonic) that begins at `time` seconds; an empty name is a pause."""

    name: str
    time: float


@dataclass(frozen=True, slots=True)
class Speech:
    """Mono speech `samples` (float32, N) at `sample_rate`, with its phonemes in order."""

    samples: NDArray[np.float32]
    sample_rate: int
    phones: tuple[Phone, ...]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int), ("unique_identifier", ctypes.c_uint), ("text_position", ctypes.c_int),
        ("length", ctypes.c_int), ("audio_position", ctypes.c_int), ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p), ("string", ctypes.c_char * 8),
    ]  # fmt: skip


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


def speak(text: str, voice: str, rate: int, pitch: int, pitch_range: int) -> Speech:
    """Speak `text` in the eSpeak voice `voice` ("en-us+f2"); `rate` words a minute, `pitch` and range 0..99.

    The library keeps flutter and noise phases in statics that even espeak_Terminate leaves, so a sentence would
    depend on those before it. It is therefore loaded afresh for each (about 1 ms) and its noise source seeded.
    Raises UserError where eSpeak NG is not installed.
    """
    chunks: list[NDArray[np.int16]] = []
    phones: list[tuple[str, int]] = []

    def receive(wave: Any, num_samples: int, events: Any) -> int:
        if wave and num_samples > 0:
            chunks.append(np.ctypeslib.as_array(wave, (num_samples,)).copy())
        index = 0
        while events[index].type != _EVENT_END:
            if events[index].type == _EVENT_PHONEME:
                phones.append((events[index].string.decode(errors="replace").strip("_:"), events[index].sample))
            index += 1
        return 0

    callback = _CALLBACK(receive)
    with _fresh_library() as (library, sample_rate):
        library.espeak_SetSynthCallback(callback)
        library.espeak_SetVoiceByName(voice.encode())
        for parameter, value in ((_RATE, rate), (_PITCH, pitch), (_RANGE, pitch_range)):
            library.espeak_SetParameter(parameter, value, 0)
        data = text.encode()
        library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _CHARS_UTF8 | _END_PAUSE, None, None)
        library.espeak_Synchronize()
    wave = np.concatenate(chunks) if chunks else np.zeros(0, np.int16)
    samples = (wave / 32768).astype(np.float32)
    return Speech(samples, sample_rate, tuple(Phone(name, sample / sample_rate) for name, sample in phones))


@contextmanager
def _fresh_library() -> Iterator[tuple[ctypes.CDLL, int]]:
    try:
        import espeakng_loader
    except ImportError as error:
        raise UserError(
            "source=synthetic speaks with eSpeak NG, which is missing: pip install avcur[synthetic]"
        ) from error
    library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
    try:
        data = str(espeakng_loader.get_data_path()).encode()
        sample_rate = library.espeak_Initialize(_OUTPUT_SYNCHRONOUS, 0, data, _OPTIONS)
        if sample_rate <= 0:
            raise UserError(f"eSpeak NG cannot read its voices in {data.decode()}: reinstall espeakng-loader")
        library.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))
        yield library, int(sample_rate)
    finally:
        library.espeak_Terminate()
        _unload(library)


def _unload(library: ctypes.CDLL) -> None:
    close = getattr(_ctypes, "dlclose", None) or _ctypes.FreeLibrary  # type: ignore[attr-defined]
    close(library._handle)
