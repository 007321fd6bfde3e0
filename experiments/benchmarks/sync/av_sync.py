"""A checkpoint of task=av_sync: planted offsets of rendered people it never saw, and real people talking."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avcur.configuration import construct
from avcur.crops.geometry import Geometry, Image
from avcur.crops.write import write_crops
from avcur.labels import FaceLabels
from avcur.media.decode import pictures, read_audio
from avcur.records import FPS, SAMPLE_RATE, Track
from avcur.seeds import generator
from avcur.sources.synthetic.corpus import SyntheticSource
from avcur.sync.backend import SyncBackend, Waveform
from avcur.sync.lags import SyncScore, score
from experiments.benchmarks.faces.clips import real_clips
from experiments.benchmarks.faces.product import configuration, seen
from experiments.benchmarks.row import Row, Settings

SEED, SCENES = 901, 60
"""Of a corpus that no checkpoint should be trained on; each pair of people acts once."""
MAX_LAG = 15
LEAST_SPEECH = 25
"""Frames: a face that is not heard for a second has no offset to find."""
BAR = 0.95


def rows(settings: Settings) -> list[Row]:
    backend: SyncBackend = construct(configuration(*overrides(settings)).signals.sync.backend)
    if (reason := backend.missing()) is not None:
        return [Row("av_sync", "", f"{reason}: give --checkpoint")]
    return [*synthetic_rows(backend, settings), *real_rows(backend, settings)]


def overrides(settings: Settings) -> list[str]:
    chosen = ["signals=sync", "sync@signals.sync.backend=av_sync"]
    return (
        chosen
        if settings.checkpoint is None
        else [*chosen, f"signals.sync.backend.checkpoint.path={settings.checkpoint}"]
    )


def synthetic_rows(backend: SyncBackend, settings: Settings) -> list[Row]:
    """Each track but its first and last MAX_LAG frames, so that there is sound wherever it is moved."""
    hits = []
    for track in synthetic_tracks(backend.geometry, settings):
        offset = int(generator(SEED, track.name).integers(-MAX_LAG, MAX_LAG + 1))
        found = track.score(backend, MAX_LAG, len(track) - MAX_LAG, offset)
        hits.append(abs(found.offset - offset) <= 1)
    share = float(np.mean(hits))
    figure = f"{share:.3f} of {len(hits)}"
    return [Row("av_sync: rendered offsets within 1 frame", f">= {BAR}", figure, share >= BAR)]


def real_rows(backend: SyncBackend, settings: Settings) -> list[Row]:
    """Each talking clip's longest track, with its own sound and with that of the next clip."""
    tracks = [
        _longest(settings.clip(name), backend.geometry, settings) for name in real_clips(settings, ("video_talking",))
    ]
    own = [track.score(backend, 0, len(track)) for track in tracks]
    other = [a.score_with(backend, b) for a, b in zip(tracks, tracks[1:] + tracks[:1], strict=True)]
    shares = ", ".join(f"{sum(abs(s.offset) <= n for s in own)} within {n}" for n in (1, 3))
    above = [a.confidence > b.confidence for a in own for b in other]
    return [
        Row("av_sync: real talking clips at offset 0", "", f"{shares} of {len(own)}"),
        Row("av_sync: AUC of confidence, own sound against another's", "", f"{np.mean(above):.3f}"),
    ]


@dataclass(frozen=True)
class CroppedTrack:
    """A track's face crops in a file, and the sound that they belong to."""

    name: str
    crop: Path
    sound: Path
    first: int
    count: int

    def __len__(self) -> int:
        return self.count

    def faces(self, first: int, stop: int) -> Iterator[Image]:
        return (picture.image for _, picture in pictures(self.crop, fps=FPS, start=first / FPS, end=stop / FPS))

    def waveform(self, first: int, stop: int) -> Waveform:
        return read_audio(self.sound, SAMPLE_RATE, (self.first + first) / FPS, (self.first + stop) / FPS)

    def score(self, backend: SyncBackend, first: int, stop: int, offset: int = 0) -> SyncScore:
        """Of the track's frames [first, stop) with sound that leads by `offset` frames."""
        heard = self.waveform(first + offset, stop + offset)
        return score(backend.distances(self.faces(first, stop), heard, MAX_LAG))

    def score_with(self, backend: SyncBackend, other: CroppedTrack) -> SyncScore:
        """With another track's sound, both as long as the shorter."""
        length = min(len(self), len(other))
        return score(backend.distances(self.faces(0, length), other.waveform(0, length), MAX_LAG))


def synthetic_tracks(geometry: Geometry, settings: Settings) -> Iterator[CroppedTrack]:
    """The tracks of rendered scenes whose face is heard."""
    source = SyntheticSource(
        settings.scratch / "rendered", seed=SEED, identities=2 * SCENES, scenes=SCENES, utterances=0, audio_clips=0
    )
    recordings = source.recordings()
    labels = FaceLabels(source.face_labels())
    for recording in recordings:
        for number, track in enumerate(seen(recording.path).segmentation.tracks):
            label = labels.of_track(recording.id, track)
            if label is not None and sum(label[1]) >= LEAST_SPEECH:
                yield _cropped(recording.path, number, track, geometry, settings)


def _longest(path: Path, geometry: Geometry, settings: Settings) -> CroppedTrack:
    tracks = seen(path).segmentation.tracks
    number = max(range(len(tracks)), key=lambda n: len(tracks[n].boxes))
    return _cropped(path, number, tracks[number], geometry, settings)


def _cropped(path: Path, number: int, track: Track, geometry: Geometry, settings: Settings) -> CroppedTrack:
    media = seen(path).media
    assert media.audio_path is not None, f"{path} has no sound"
    crop = settings.scratch / "crops" / f"{geometry.name}-{geometry.size}" / f"{path.stem}-{number}.mp4"
    crop.parent.mkdir(parents=True, exist_ok=True)
    write_crops(media, [track], [crop], geometry)
    return CroppedTrack(f"{path.stem}/{number}", crop, media.audio_path, track.first, len(track.boxes))
