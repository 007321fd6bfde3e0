"""Identities: a face and a voice drawn from the corpus seed and a number, in fixed pairs called casts."""

from __future__ import annotations

from dataclasses import dataclass

from avcur.seeds import generator
from avcur.sources.synthetic.face import Face, draw_face
from avcur.sources.synthetic.settings import Settings
from avcur.sources.synthetic.voice import Voice, draw_voice


@dataclass(frozen=True, slots=True)
class Identity:
    """Person `number` of a corpus."""

    number: int
    face: Face
    voice: Voice

    @property
    def entities(self) -> tuple[str, str]:
        return (f"face:{self.number:02d}", f"speaker:{self.number:02d}")


def identity(settings: Settings, number: int) -> Identity:
    face = draw_face(generator(settings.seed, "face", number))
    voice = draw_voice(generator(settings.seed, "voice", number), settings.voice_spread)
    return Identity(number, face, voice)


def cast(settings: Settings, number: int) -> tuple[Identity, Identity]:
    """The two identities of cast `number`: whoever is seen or heard together, so that casts can be split apart."""
    return identity(settings, 2 * number), identity(settings, 2 * number + 1)
