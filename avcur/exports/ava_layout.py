"""Render talking heads as a corpus in AVA's layout: `python -m avcur.exports.ava_layout OUT --seed 7 --scenes 40`.

    OUT/videos/<id>.mp4                                 ids of 11 characters, as YouTube's
    OUT/annotations/{train,val}/<id>-activespeaker.csv  eight columns, no header, one row per face and frame

The people of train and val are not the same: whoever are seen or heard together are a pair, and a pair is on one side.
A face is SPEAKING_AUDIBLE where it is heard, SPEAKING_NOT_AUDIBLE where it forms words that nobody hears, else
NOT_SPEAKING. Equal parameters give equal files; what is there already is not rendered again.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import polars as pl

from avcur.engines.progress import work_through
from avcur.errors import UserError, check_number, ends_cleanly
from avcur.exports.ava_csv import write_annotations
from avcur.records import FPS, Recording
from avcur.seeds import generator
from avcur.sources.ava.annotations import ANNOTATIONS, LABELS, read_annotations, summary
from avcur.sources.synthetic.corpus import VERSION, SyntheticSource, render
from avcur.sources.synthetic.identity import cast
from avcur.sources.synthetic.scene import Actor, Scene, plan_scene, scene_cast
from avcur.sources.synthetic.settings import Settings
from avcur.store.commit import write_text
from avcur.store.keys import digest

Side = Literal["train", "val"]
SIDES: tuple[Side, ...] = ("train", "val")
NOT_SPEAKING, SPEAKING_AUDIBLE, SPEAKING_NOT_AUDIBLE = LABELS
SEGMENT = 60
"""Seconds of a video that are annotated as one; the names of AVA's tracks say which."""


@dataclass(frozen=True)
class Layout:
    """A corpus of rendered scenes in a folder; `val_share` of the pairs of people are in val.

    `video_start` is added to all timestamps, as if the files were cut out of longer videos (900 s in AVA).
    """

    out: Path
    settings: Settings
    val_share: float = 0.25
    video_start: int = 0

    def __post_init__(self) -> None:
        check_number("--video-start", self.video_start, whole=True)
        check_number("--scenes", self.settings.scenes, least=2, whole=True)
        if not 0 < self.val_share < 1:
            raise UserError(f"--val-share is a share between 0 and 1, got {self.val_share:g}")
        if len(self._casts()) < 2:
            raise UserError(
                "Train and val need people of their own; give --identities 4 or more, and --scenes 2 or more"
            )

    def write(self, num_workers: int | None = None) -> None:
        """Render the videos that are missing and write all annotations; a UserError where OUT holds another corpus."""
        key = self.out / "corpus.txt"
        if key.exists() and key.read_text(encoding="utf-8") != self.key:
            raise UserError(f"{self.out} holds another corpus; give another folder, or remove that one")
        write_text(key, self.key)
        jobs = list(self.sides().items())
        work_through("Rendering scenes", partial(write_scene, self), jobs, num_workers)

    @property
    def key(self) -> str:
        return digest(["ava layout", VERSION, self.settings, self.val_share, self.video_start]) + "\n"

    def sides(self) -> dict[int, Side]:
        """The side of each scene, by its pair of people: a seeded draw."""
        casts = self._casts()
        drawn = generator(self.settings.seed, "val casts").permutation(casts)
        val = set(drawn[: min(max(1, round(self.val_share * len(casts))), len(casts) - 1)].tolist())
        sides: dict[int, Side] = {
            number: "val" if scene_cast(self.settings, number) in val else "train"
            for number in range(self.settings.scenes)
        }
        people = {side: self._people(number for number in sides if sides[number] == side) for side in SIDES}
        assert people["train"].isdisjoint(people["val"]), "a person is in train and in val"
        return sides

    def _casts(self) -> list[int]:
        return sorted({scene_cast(self.settings, number) for number in range(self.settings.scenes)})

    def _people(self, scenes: Iterable[int]) -> set[str]:
        return {
            entity
            for number in scenes
            for person in cast(self.settings, scene_cast(self.settings, number))
            for entity in person.entities
        }

    def video_id(self, number: int) -> str:
        """Eleven characters from the seed and the scene's number."""
        return f"s{self.settings.seed:04d}_{number:05d}"

    def video(self, number: int) -> Path:
        return self.out / "videos" / f"{self.video_id(number)}.mp4"

    def annotations(self, number: int, side: Side) -> Path:
        return self.out / "annotations" / side / f"{self.video_id(number)}-activespeaker.csv"


def write_scene(layout: Layout, job: tuple[int, Side]) -> None:
    """One scene's video and annotations, unless both are there."""
    number, side = job
    video, annotations = layout.video(number), layout.annotations(number, side)
    if not video.exists():
        render(layout.settings, Recording(f"scene-{number:03d}", video))
    if not annotations.exists():
        scene = plan_scene(layout.settings, number)
        write_annotations(annotations, annotated(scene, layout.video_id(number), layout.video_start))


def annotated(scene: Scene, video_id: str, video_start: int = 0) -> pl.DataFrame:
    """AVA's rows of a scene: track by track, timestamps rounded to 0.01 s as in AVA, boxes within the picture."""
    segment = video_start // SEGMENT * SEGMENT
    rows = [
        (video_id, round(video_start + frame / FPS, 2), *_inside(actor.box(frame)), label_of(actor, frame), entity)
        for number, actor in enumerate(scene.actors, start=1)
        for entity in [f"{video_id}_{segment:04d}_{segment + SEGMENT:04d}:{number}"]
        for frame in range(scene.num_frames)
    ]
    return pl.DataFrame(rows, schema=ANNOTATIONS, orient="row")


def label_of(actor: Actor, frame: int) -> str:
    """One of AVA's three labels of a face in a frame."""
    if actor.speaking[frame]:
        return SPEAKING_AUDIBLE
    return SPEAKING_NOT_AUDIBLE if actor.mouthing[frame] else NOT_SPEAKING


def _inside(box: Sequence[float]) -> list[float]:
    return [round(min(max(float(edge), 0.0), 1.0), 6) for edge in box]


def main(arguments: Sequence[str] | None = None) -> int:
    """Render the corpus and say what is in it; 2 and one line on a user's mistake."""
    options = _parser().parse_args(arguments)

    def work() -> str:
        source = SyntheticSource(
            options.out, seed=options.seed, identities=options.identities, scenes=options.scenes, speakers=0,
            utterances=0, audio_clips=0, scene_seconds=options.seconds,
        )  # fmt: skip
        layout = Layout(options.out, source.settings, options.val_share, options.video_start)
        layout.write(options.workers)
        return "\n".join([*(_counted(options.out, side) for side in SIDES), _next(layout)])

    return ends_cleanly(work)


def _counted(out: Path, side: Side) -> str:
    counts = summary(read_annotations(out / "annotations" / side))
    return f"{side}: " + ", ".join(f"{count} {what}" for what, count in counts.items())


def _next(layout: Layout) -> str:
    """The command that curates the corpus, quoted for the shell: zsh takes brackets for a pattern."""
    paths = [f"source.root={layout.out / 'videos'}", f"source.annotations={layout.out / 'annotations'}"]
    start = [f"source.video_start={layout.video_start}"] if layout.video_start else []
    return shlex.join(["python", "curate.py", "benchmark=ava_val", *paths, *start, "tasks=[active_speaker]"])


def _within(most: int | None = None) -> Callable[[str], int]:
    """Reads a whole number from 0 to `most`."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or (most is not None and int(text) > most):
            to = "of at least 0" if most is None else f"from 0 to {most}"
            raise argparse.ArgumentTypeError(f"give a whole number {to}, not {text!r}")
        return int(text)

    return read


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m avcur.exports.ava_layout", description="A corpus in AVA's layout")
    parser.add_argument("out", type=Path, help="the folder that will hold videos and annotations")
    parser.add_argument("--seed", type=_within(9999), default=0, help="of the corpus, 0 to 9999 (default: 0)")
    parser.add_argument("--scenes", type=int, default=40, help="videos (default: 40)")
    parser.add_argument("--identities", type=int, default=40, help="people, an even number (default: 40)")
    parser.add_argument("--seconds", type=float, nargs=2, default=(4.0, 5.0), metavar=("SHORTEST", "LONGEST"))
    parser.add_argument("--val-share", type=float, default=0.25, help="share of the pairs of people (default: 0.25)")
    parser.add_argument(
        "--video-start", type=int, default=0, help="seconds added to the timestamps; AVA's begin at 900"
    )
    parser.add_argument("--workers", type=_within(), help="processes (default: one per core; 0: this one alone)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
