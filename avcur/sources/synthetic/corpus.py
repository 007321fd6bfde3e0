"""The synthetic talking-head corpus as a source: what it holds, and rendering whatever is missing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from avcur.engines.progress import work_through
from avcur.media.encode import write_audio, write_video
from avcur.records import FPS, SAMPLE_RATE, Attributes, Recording, attributes_of
from avcur.sources.base import FACE_LABEL_SCHEMA
from avcur.sources.synthetic import audio, stage
from avcur.sources.synthetic.identity import Identity, cast, identity
from avcur.sources.synthetic.scene import plan_scene, scene_cast, scene_session
from avcur.sources.synthetic.settings import Settings
from avcur.store.commit import write_json, write_parquet
from avcur.store.keys import digest

VERSION = 1
"""Of everything that decides the rendered bytes: raise it when a drawing, a voice or the encoder's settings change."""
_CRF = 20


class SyntheticSource:
    """Scenes with speaking and silent faces, utterances of known speakers, and speech, music, both and noise.

    Renders clean media only, under `root/<key>/`; each recording depends on `seed` and its own name, never on the
    order of work. Raises UserError where eSpeak NG is missing or a number makes no sense.
    """

    name = "synthetic"

    def __init__(
        self,
        root: str | Path,
        seed: int = 0,
        identities: int = 40,
        speakers: int = 14,
        sessions: int = 4,
        utterances: int = 6,
        scenes: int = 80,
        audio_clips: int = 240,
        components: int = 30,
        voice_spread: float = 0.6,
        channel_strength: float = 1.0,
        chewing: float = 0.5,
        mouthing: float = 0.5,
        articulation: float = 1.0,
        utterance_seconds: Sequence[float] = (2.0, 3.0),
        scene_seconds: Sequence[float] = (4.0, 5.0),
        audio_seconds: Sequence[float] = (2.6, 3.2),
        num_workers: int | None = None,
    ) -> None:
        def span(pair: Sequence[float]) -> tuple[float, float]:
            return float(pair[0]), float(pair[1])

        self.settings = Settings(
            seed=seed, identities=identities, speakers=speakers, sessions=sessions, utterances=utterances,
            scenes=scenes, audio_clips=audio_clips, components=components, voice_spread=voice_spread,
            channel_strength=channel_strength, chewing=chewing, mouthing=mouthing, articulation=articulation,
            utterance_seconds=span(utterance_seconds),
            scene_seconds=span(scene_seconds), audio_seconds=span(audio_seconds),
        )  # fmt: skip
        self.root, self.num_workers = Path(root), num_workers

    @property
    def directory(self) -> Path:
        """Where this corpus' media lie: other parameters, other folder."""
        return self.root / f"synthetic-{digest(self.key())[:12]}"

    def key(self) -> Any:
        return {"source": self.name, "version": VERSION, "settings": self.settings}

    def recordings(self) -> list[Recording]:
        """All recordings in a fixed order: scenes, utterances, audio clips; renders the files that are missing."""
        recordings = [*self._scenes(), *self._utterances(), *self._audio_clips()]
        missing = [r for r in recordings if not r.path.exists()]
        if missing:
            write_json(self.directory / "corpus.json", {"key": digest(self.key()), "parameters": _plain(self.settings)})
            work_through("Rendering the synthetic corpus", partial(render, self.settings), missing, self.num_workers)
        return recordings

    def face_labels(self) -> pl.DataFrame:
        """Who speaks in which frame and where the faces are: known from the plans, kept beside the media."""
        path = self.directory / "face_labels.parquet"
        if not path.exists():
            scenes = (plan_scene(self.settings, number) for number in range(self.settings.scenes))
            rows = [row for scene in scenes for row in scene.label_rows()]
            write_parquet(path, pl.DataFrame(rows, schema=FACE_LABEL_SCHEMA))
        return pl.read_parquet(path)

    def segment_labels(self) -> None:
        """None: every audio clip is of one type throughout."""
        return None

    def _scenes(self) -> list[Recording]:
        return [
            Recording(
                f"scene-{number:03d}",
                self.directory / "scenes" / f"scene-{number:03d}.mp4",
                session=scene_session(self.settings, number),
                entities=tuple(
                    e for person in cast(self.settings, scene_cast(self.settings, number)) for e in person.entities
                ),
            )
            for number in range(self.settings.scenes)
        ]

    def _utterances(self) -> list[Recording]:
        known = [_of_voice(identity(self.settings, speaker)) for speaker in range(self.settings.speakers)]
        return [
            Recording(
                f"utterance-{speaker:02d}-{session}-{number}",
                self.directory / "utterances" / f"utterance-{speaker:02d}-{session}-{number}.wav",
                speaker=f"spk{speaker:02d}",
                session=f"spk{speaker:02d}/ses{session}",
                entities=(f"speaker:{speaker:02d}",),
                attributes=known[speaker],
            )
            for speaker in range(self.settings.speakers)
            for session in range(self.settings.sessions)
            for number in range(self.settings.utterances)
        ]

    def _audio_clips(self) -> list[Recording]:
        clips = []
        for number in range(self.settings.audio_clips):
            turn, component = divmod(number, self.settings.components)
            kind = audio.AUDIO_TYPES[turn % len(audio.AUDIO_TYPES)]
            name = f"audio-{component:02d}-{kind}-{turn // len(audio.AUDIO_TYPES)}"
            speaker = identity(self.settings, audio.component_speaker(self.settings, component))
            clips.append(
                Recording(
                    name,
                    self.directory / "audio" / f"{name}.wav",
                    audio_type=kind,
                    entities=_entities(kind, component, speaker),
                    attributes=_of_voice(speaker) if kind in ("speech", "both") else (),
                )
            )
        return clips


def _plain(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in Settings.__dataclass_fields__}


def _of_voice(speaker: Identity) -> Attributes:
    """What is known of one who is heard alone; a scene shows two people."""
    return attributes_of({"sex": speaker.voice.sex, "accent": speaker.voice.accent})


def _entities(kind: audio.AudioType, component: int, speaker: Identity) -> tuple[str, ...]:
    match kind:
        case "speech":
            return (speaker.entities[1],)
        case "music":
            return (f"piece:{component:02d}",)
        case "both":
            return (speaker.entities[1], f"piece:{component:02d}")
        case "neither":
            return (f"noise:{component:02d}",)
        case _:
            raise ValueError(f"Unknown audio type {kind!r}")


def render(settings: Settings, recording: Recording) -> None:
    """Write one recording's file; equal settings and names give equal bytes."""
    if recording.path.suffix == ".mp4":
        scene = plan_scene(settings, int(recording.id.rsplit("-", 1)[1]))
        write_video(recording.path, stage.frames(scene), FPS, scene.waveform, SAMPLE_RATE, crf=_CRF, threads=1)
    elif recording.speaker is not None and recording.session is not None:
        said = audio.utterance(settings, recording.id, int(recording.speaker[3:]), recording.session)
        write_audio(recording.path, said, SAMPLE_RATE)
    else:
        _, component, kind, _ = recording.id.split("-")
        write_audio(
            recording.path, audio.audio_clip(settings, recording.id, _audio_type(kind), int(component)), SAMPLE_RATE
        )


def _audio_type(text: str) -> audio.AudioType:
    return next(kind for kind in audio.AUDIO_TYPES if kind == text)
