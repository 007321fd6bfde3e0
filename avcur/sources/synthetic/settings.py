"""The parameters of a synthetic corpus, as one plain record that workers can receive."""

from __future__ import annotations

from dataclasses import dataclass

from avcur.errors import UserError


@dataclass(frozen=True, slots=True)
class Settings:
    """What a corpus holds; see conf/source/synthetic.yaml for the meaning of each number."""

    seed: int
    identities: int
    speakers: int
    sessions: int
    utterances: int
    scenes: int
    audio_clips: int
    components: int
    voice_spread: float
    channel_strength: float
    chewing: float
    mouthing: float
    articulation: float
    utterance_seconds: tuple[float, float]
    scene_seconds: tuple[float, float]
    audio_seconds: tuple[float, float]

    def __post_init__(self) -> None:
        for name in ("identities", "sessions", "components"):
            if getattr(self, name) < 1:
                raise UserError(f"source.{name} is {getattr(self, name)}; give at least 1")
        if self.identities % 2:
            raise UserError(f"source.identities is {self.identities}; give an even number, for identities act in pairs")
        if self.speakers > self.identities:
            raise UserError(
                f"source.speakers is {self.speakers} of {self.identities} identities; raise source.identities"
            )
        for name in ("utterance_seconds", "scene_seconds", "audio_seconds"):
            shortest, longest = getattr(self, name)
            if not 0.5 <= shortest <= longest:
                raise UserError(
                    f"source.{name} is [{shortest}, {longest}]; give [shortest, longest] with 0.5 <= shortest"
                )
