"""The plan of a video scene: who is seen, who speaks when, what is heard. Nothing is drawn here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from avcur.records import FPS, SAMPLE_RATE
from avcur.seeds import generator
from avcur.sources.synthetic.face import BOX_BOTTOM, BOX_LEFT, BOX_RIGHT, BOX_TOP
from avcur.sources.synthetic.identity import Identity, cast
from avcur.sources.synthetic.motion import Motion, draw_motion
from avcur.sources.synthetic.mouth import MouthTrack, chew, follow, speaking_frames
from avcur.sources.synthetic.place import Place, draw_place
from avcur.sources.synthetic.room import Channel, draw_channel, through
from avcur.sources.synthetic.settings import Settings
from avcur.sources.synthetic.voice import ACTIVE_RMS, Utterance, utter

WIDTH, HEIGHT = 320, 240
SceneKind = Literal["speaks", "one_of_two", "silent_offscreen", "speaks_with_pauses", "two_alternate", "silent_quiet"]
KINDS: tuple[SceneKind, ...] = get_args(SceneKind)
"""A cast's scenes go through these in turn, each cast starting one later."""
_TALK = (0.02, 0.12)
_PAUSES = (0.25, 0.6)
_CLEARNESS = (0.6, 1.1)  # of one scene's speaker, times the corpus's articulation

Turns = list[tuple[float, Utterance]]


@dataclass(frozen=True, slots=True)
class Actor:
    """A face in the picture: where its head rests (pixels), how it moves, and when it speaks."""

    identity: Identity
    centre: tuple[float, float]
    unit: float
    """Pixels per half head height."""
    motion: Motion
    mouth: MouthTrack
    jaw_shift: NDArray[np.float64]
    speaking: NDArray[np.bool_]
    mouthing: NDArray[np.bool_]
    """Where it forms words that nobody hears."""

    def head(self, frame: int) -> tuple[float, float, float]:
        """Centre x, y and unit of the head in one frame, pixels."""
        x = self.centre[0] + self.unit * float(self.motion.dx[frame])
        y = self.centre[1] + self.unit * float(self.motion.dy[frame])
        return x, y, self.unit * float(self.motion.scale[frame])

    def box(self, frame: int) -> tuple[float, float, float, float]:
        """The face's box as fractions of the picture, as a detector would draw it."""
        x, y, unit = self.head(frame)
        left, top, right, bottom = x + unit * BOX_LEFT, y + unit * BOX_TOP, x + unit * BOX_RIGHT, y + unit * BOX_BOTTOM
        return left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT


@dataclass(frozen=True, slots=True)
class Scene:
    """A planned scene of `num_frames` frames at 25 fps with its sound (float32, 16 kHz)."""

    name: str
    kind: SceneKind
    place: Place
    actors: tuple[Actor, ...]
    waveform: NDArray[np.float32]
    num_frames: int

    def label_rows(self) -> list[dict[str, Any]]:
        """One row per face and frame, as avcur.sources.base.FACE_LABEL_SCHEMA has them."""
        rows = []
        for actor in self.actors:
            for frame in range(self.num_frames):
                x1, y1, x2, y2 = actor.box(frame)
                rows.append({
                    "recording_id": self.name, "time": frame / FPS, "x1": x1, "y1": y1, "x2": x2, "y2": y2,
                    "identity": actor.identity.entities[0], "speaking": bool(actor.speaking[frame]),
                })  # fmt: skip
        return rows


def scene_kind(settings: Settings, number: int) -> SceneKind:
    casts = settings.identities // 2
    return KINDS[(number // casts + number % casts) % len(KINDS)]


def scene_cast(settings: Settings, number: int) -> int:
    return number % (settings.identities // 2)


@dataclass
class _Draft:
    """A scene under construction: one generator, in a fixed order of draws."""

    settings: Settings
    name: str
    rng: np.random.Generator
    num_frames: int
    actors: list[Actor] = field(default_factory=list)
    heard: Turns = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return self.num_frames / FPS

    def talk(self, person: Identity, start: float, end: float, pauses: tuple[float, float]) -> Turns:
        """Sentences of `person` that fill [start, end) with pauses drawn between them."""
        turns = self._sentences(person, start, end, pauses)
        self.heard += turns
        return turns

    def _sentences(self, person: Identity, start: float, end: float, pauses: tuple[float, float]) -> Turns:
        turns: Turns = []
        at = start + float(self.rng.uniform(0.0, 0.06))
        while (left := end - at) > 0.35:
            # Near the end one sentence takes all that is left, so that a scene without pauses has none.
            length = left if left < 2.6 else float(self.rng.uniform(1.4, 2.2))
            utterance = utter(person.voice, self.rng, length, min(left, length + 0.4))
            turns.append((at, utterance))
            at += utterance.duration + float(self.rng.uniform(*pauses))
        return turns

    def show(self, person: Identity, turns: Turns, x: float, units: tuple[float, float]) -> None:
        """Put `person` into the picture at `x` (fraction of the width), saying `turns`.

        Silent mouths may chew; where nobody is heard they may also form words without a sound, as AVA's
        "speaking, not audible" faces do, so that the picture alone does not tell who speaks.
        """
        unit = float(self.rng.uniform(*units))
        centre = (WIDTH * x + float(self.rng.uniform(-5, 5)), HEIGHT * 0.50 + float(self.rng.uniform(-6, 6)))
        motion, shift = draw_motion(self.rng, self.num_frames), np.zeros(self.num_frames)
        mouth = follow([], self.num_frames, 1.0)
        silent = not turns
        if not self.heard and self.rng.random() < self.settings.mouthing:
            turns = self._sentences(person, 0, self.seconds, _PAUSES)
        elif silent and self.rng.random() < self.settings.chewing:
            mouth, shift = chew(self.rng, self.num_frames)
        articulation = self.settings.articulation * float(self.rng.uniform(*_CLEARNESS))
        if turns:
            mouth = follow(turns, self.num_frames, articulation)
        speaking = speaking_frames([] if silent else turns, self.num_frames)
        mouthing = speaking_frames(turns if silent else [], self.num_frames)
        self.actors.append(Actor(person, centre, unit, motion, mouth, shift, speaking, mouthing))


_ALONE, _BESIDE = (62.0, 70.0), (55.0, 60.0)


def plan_scene(settings: Settings, number: int) -> Scene:
    """Scene `number` of a corpus, from the seed and its own name alone."""
    name, kind = f"scene-{number:03d}", scene_kind(settings, number)
    rng = generator(settings.seed, name)
    draft = _Draft(settings, name, rng, round(float(rng.uniform(*settings.scene_seconds)) * FPS))
    people = cast(settings, scene_cast(settings, number))
    first, second = people if rng.random() < 0.5 else people[::-1]
    match kind:
        case "speaks":
            draft.show(first, draft.talk(first, 0, draft.seconds, _TALK), 0.5, _ALONE)
        case "speaks_with_pauses":
            draft.show(first, draft.talk(first, 0.2, draft.seconds, _PAUSES), 0.5, _ALONE)
        case "one_of_two":
            draft.show(first, draft.talk(first, 0, draft.seconds, _TALK), 0.26, _BESIDE)
            draft.show(second, [], 0.74, _BESIDE)
        case "two_alternate":
            turn = draft.seconds * float(rng.uniform(0.4, 0.6))
            draft.show(first, draft.talk(first, 0, turn, _TALK), 0.26, _BESIDE)
            draft.show(second, draft.talk(second, turn, draft.seconds, _TALK), 0.74, _BESIDE)
        case "silent_offscreen":
            draft.talk(second, 0, draft.seconds, _TALK)
            draft.show(first, [], 0.5, _ALONE)
        case "silent_quiet":
            draft.show(first, [], 0.5, _ALONE)
        case _:
            raise ValueError(f"Unknown scene kind {kind!r}")
    session = scene_session(settings, number)
    place, channel = session_place(settings, session), session_channel(settings, session)
    return Scene(name, kind, place, tuple(draft.actors), _mix(draft, channel), draft.num_frames)


def scene_session(settings: Settings, number: int) -> str:
    """The session of a scene: its cast's sessions in turn."""
    casts = settings.identities // 2
    return f"cast{number % casts:02d}/ses{number // casts % settings.sessions}"


def session_place(settings: Settings, session: str) -> Place:
    return draw_place(generator(settings.seed, "place", session))


def session_channel(settings: Settings, session: str) -> Channel:
    return draw_channel(generator(settings.seed, "channel", session), settings.channel_strength)


def _mix(draft: _Draft, channel: Channel) -> NDArray[np.float32]:
    dry = np.zeros(round(draft.seconds * SAMPLE_RATE), np.float32)
    for start, utterance in draft.heard:
        low = round(start * SAMPLE_RATE)
        part = utterance.samples[: len(dry) - low]
        dry[low : low + len(part)] += part
    return through(channel, dry, draft.rng, ACTIVE_RMS)
