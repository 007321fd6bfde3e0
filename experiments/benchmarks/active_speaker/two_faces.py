"""Two faces that both move their lips while only the left one is heard; what the signal costs, and what it simplifies.

Both people speak at about the same time, so presence of speech and of moving lips tells little: what is asked for is
synchrony, which such networks hardly learn.
"""

from __future__ import annotations

import time

import numpy as np
import torch

from avcur.asd.scorer import Scorer
from avcur.configuration import construct
from avcur.crops.regions import grey_region
from avcur.features import COLUMNS_PER_FRAME
from avcur.features.mfcc import columns
from avcur.records import FPS
from experiments.benchmarks.active_speaker.scoring import absent_rows, present, scored, signal
from experiments.benchmarks.faces.product import configuration, on_cores
from experiments.benchmarks.row import Row, Settings
from experiments.benchmarks.sync.tracks import CroppedTrack, talking

CLIP = "derived/two_faces_left_speaks.mp4"
LONG = "latentsync_demo2"
"""Twenty seconds of a real person who talks with pauses."""
REPEATS = 3


def rows(settings: Settings) -> list[Row]:
    found = [row for name in present(settings) for row in (*_faces(name, settings), *_cost(name, settings))]
    return [*found, _in_sync(settings), *absent_rows(settings, "two faces")]


def _faces(name: str, settings: Settings) -> list[Row]:
    """The heard face on the left against the unheard one on the right."""
    left, right = (track.values for track in scored(CLIP, signal(name, settings), settings))
    own, other = (float(values["asd_score"].value or 0) for values in (left, right))
    shares = " and ".join(f"{values['speaking_share'].value or 0:.0%}" for values in (left, right))
    bar = "left is higher" if name == "light_asd_ava" else ""
    figure = f"left {own:+.2f}, right {other:+.2f}; {shares} of their frames"
    return [Row(f"two faces, left speaks: {name}", bar, figure, own > other if bar else None)]


def _in_sync(settings: Settings) -> Row:
    """What tells them apart: which face goes with the sound, by the default backend."""
    found = [track.values for track in scored(CLIP, construct(configuration("signals=sync").signals.sync), settings)]
    texts = (f"offset {v['sync_offset'].value:+.0f}, confidence {v['sync_confidence'].value:.2f}" for v in found)
    return Row("two faces, left speaks: sync by lip_motion", "", "left {}; right {}".format(*texts))


def _cost(name: str, settings: Settings) -> list[Row]:
    asd = signal(name, settings)
    scorer = asd._scorer()
    track = next(track for track in talking(settings, asd.geometry) if track.name.startswith(LONG))
    return [_speed(name, scorer, track), _difference(name, scorer, track)]


def _speed(name: str, scorer: Scorer, track: CroppedTrack) -> Row:
    """Given decoded crops and sound."""
    faces, heard = list(track.faces(0, len(track))), track.waveform(0, len(track))
    speeds = []
    with on_cores(1):
        for _ in range(REPEATS):
            began = time.perf_counter()
            scorer(iter(faces), heard)
            speeds.append(len(track) / FPS / (time.perf_counter() - began))
    slow, median, fast = sorted(speeds)
    return Row(f"times real time, one core: {name}", "", f"{median:.1f}x ({slow:.1f}x to {fast:.1f}x)")


def _difference(name: str, scorer: Scorer, track: CroppedTrack) -> Row:
    """From the whole network run anew on each window, as the published demos do, on the same windows."""
    faces = np.stack([grey_region(face, "face", scorer.face_size) for face in track.faces(0, len(track))])
    heard = track.waveform(0, len(track))
    ours = scorer((np.stack([face] * 3, axis=2) for face in faces), heard)
    faces = faces[: len(ours)]
    mfcc = columns(heard, 0, COLUMNS_PER_FRAME * len(ours)).reshape(len(ours), COLUMNS_PER_FRAME, -1)
    anew = sum(weight * _by_window(scorer, faces, mfcc, round(s * FPS)) for s, weight in scorer.windows.items())
    anew = np.asarray(anew) / sum(scorer.windows.values())
    apart, same = np.abs(anew - ours), ((anew > 0) == (ours > 0)).mean()
    figure = (
        f"mean {apart.mean():.2f}, largest {apart.max():.2f} of {np.ptp(ours):.1f}; {same:.1%} of frames decided alike"
    )
    return Row(f"encoders once, not in each window: {name}", "", figure)


def _by_window(scorer: Scorer, faces: np.ndarray, columns: np.ndarray, length: int) -> np.ndarray:
    """Log-odds (T,) of the whole network on windows that follow one another; the last one ends with the track."""
    found = np.empty(len(faces), np.float32)
    with torch.inference_mode():
        for first in reversed(range(0, len(faces), length)):  # so that the last one counts where no other does
            first_seen = max(0, min(first, len(faces) - length))
            part = slice(first_seen, first_seen + length)
            mfcc = torch.from_numpy(columns[part].reshape(1, -1, columns.shape[2])).to(scorer.device)
            logits = scorer.network(mfcc, torch.from_numpy(faces[part][None]).to(scorer.device))[0][0].cpu().numpy()
            found[part] = logits[:, 1] - logits[:, 0]
    return found
