"""A checkpoint of task=av_sync: planted offsets of rendered people it never saw, and real people talking."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from avcur.configuration import construct
from avcur.crops.geometry import Geometry
from avcur.labels import FaceLabels
from avcur.seeds import generator
from avcur.sources.synthetic.corpus import SyntheticSource
from avcur.sync.backend import SyncBackend
from experiments.benchmarks.faces.product import configuration, seen
from experiments.benchmarks.row import Row, Settings
from experiments.benchmarks.sync.tracks import MAX_LAG, CroppedTrack, cropped, talking

SEED, SCENES = 901, 60
"""Of a corpus that no checkpoint should be trained on; each pair of people acts once."""
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
    tracks = talking(settings, backend.geometry)
    own = [track.score(backend, 0, len(track)) for track in tracks]
    other = [a.score_with(backend, b) for a, b in zip(tracks, tracks[1:] + tracks[:1], strict=True)]
    shares = ", ".join(f"{sum(abs(s.offset) <= n for s in own)} within {n}" for n in (1, 3))
    above = [a.confidence > b.confidence for a in own for b in other]
    return [
        Row("av_sync: real talking clips at offset 0", "", f"{shares} of {len(own)}"),
        Row("av_sync: AUC of confidence, own sound against another's", "", f"{np.mean(above):.3f}"),
    ]


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
                yield cropped(recording.path, number, track, recording.id, geometry, settings)
