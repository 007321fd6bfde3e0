"""People who do not speak: mouths that move, music, no sound at all; and people who do speak, for contrast."""

from __future__ import annotations

import numpy as np

from experiments.benchmarks.active_speaker.scoring import absent_rows, present, scored, signal, stem
from experiments.benchmarks.faces.clips import real_clips
from experiments.benchmarks.row import Row, Settings

MUTE = ("video/lp_s32_silent.mp4", "video/lp_d18_silent.mp4")
"""With a sound track of digital silence."""
OTHERS = ("video/lp_s18_silent_music.mp4", "video/lp_d0_noaudio.mp4")
MOST = 0.10
"""Share of the frames of digital silence in which a face may be said to speak."""


def rows(settings: Settings) -> list[Row]:
    return [*(row for name in present(settings) for row in _rows(name, settings)), *absent_rows(settings, "silent")]


def _rows(name: str, settings: Settings) -> list[Row]:
    barred = name == "light_asd_ava"
    found = [_row(clip, name, settings, barred and clip in MUTE) for clip in (*MUTE, *OTHERS)]
    talking = [share for clip in real_clips(settings, ("video_talking",)) for share in _shares(clip, name, settings)]
    low, median, high = np.percentile(talking, [0, 50, 100])
    figure = f"mean {np.mean(talking):.1%}, median {median:.1%}, {low:.1%} to {high:.1%} of {len(talking)} tracks"
    return [*found, Row(f"talking people, speaking share: {name}", "", figure)]


def _row(clip: str, name: str, settings: Settings, barred: bool) -> Row:
    """The longest track's share, or why there is none; digital silence is asked about like any sound."""
    track = max(scored(clip, signal(name, settings), settings), key=lambda track: track.num_frames)
    share, score = (track.values[column].value for column in ("speaking_share", "asd_score"))
    if share is None or score is None:
        return Row(f"{stem(clip)}: {name}", "not applicable", str(track.values["speaking_share"].reason))
    figure, bar = f"{share:.1%}, score {score:+.2f}", f"<= {MOST:.0%}" if barred else ""
    return Row(f"{stem(clip)}: {name}", bar, figure, share <= MOST if barred else None)


def _shares(clip: str, name: str, settings: Settings) -> list[float]:
    found = [track.values["speaking_share"].value for track in scored(clip, signal(name, settings), settings)]
    return [share for share in found if share is not None]
