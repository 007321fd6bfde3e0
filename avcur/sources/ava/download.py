"""`python -m avcur.sources.ava.download annotations OUT` and `... videos LIST OUT`: AVA as far as it is to be had."""

from __future__ import annotations

import argparse
import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol

from rich.console import Console
from rich.table import Table

from avcur.engines.progress import progress_bar
from avcur.errors import UserError, check_number, ends_cleanly
from avcur.media.suffixes import VIDEO_SUFFIXES
from avcur.sources.ava.annotations import read_annotations
from avcur.sources.ava.archives import fetch_annotations, remove_empty
from avcur.sources.ava.fetch import AbsentError, Fetcher
from avcur.sources.ava.layout import video_named
from avcur.sources.ava.published_copies import PublishedCopies, file_names
from avcur.sources.ava.tables import SUFFIXES, csv_files
from avcur.sources.ava.youtube import NO_YT_DLP, YouTube
from avcur.store.commit import write_text

MISSING = "missing.csv"
_MISSING_HEADER = ["id", "reason"]
WORK = ".partial"
"""Folder in OUT for what is under way; a source passes over it, as its name begins with a dot."""
_NAME = re.compile(r"[A-Za-z0-9_-]{11}(\.[A-Za-z0-9]+)?")
"""An id of YouTube's, or the name of a file that is called by it."""
_SHOWN = 3
"""Wrong lines that an error names, and how many characters of each."""
_SHOWN_CHARACTERS = 40


class Place(Protocol):
    """Somewhere that videos may be had."""

    @property
    def label(self) -> str: ...
    def fetch(self, video_id: str, out: Path) -> Path:
        """The whole file as `out/<id>.<ext>`; AbsentError with the reason where it is not to be had."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What became of one video; `where` it came from, or the `reason` why there is none."""

    video_id: str
    state: Literal["present", "fetched", "missing"]
    where: str = ""
    reason: str = ""


def wanted_videos(path: Path) -> tuple[list[str], dict[str, str]]:
    """The ids of a list (one id or file name a line), or of annotations, in their order, and the known file names.

    A UserError names the first lines of a list that are neither.
    """
    if path.is_file() and not path.name.endswith(SUFFIXES):
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        _check_lines(path, text)
        names = file_names(text)
        ids = [PurePosixPath(line.strip()).stem for line in text.splitlines() if line.strip()]
    else:
        if not path.exists():
            raise UserError(f"There is no file or folder {path}; give a list of ids or AVA's annotations")
        files = [(video_named(file), file) for file in csv_files(path)]
        names = {}
        ids = [i for name, file in files for i in ([name] if name else sorted(set(read_annotations(file)["video_id"])))]
    if not ids:
        raise UserError(f"{path} names no video")
    return list(dict.fromkeys(ids)), names


def _check_lines(path: Path, text: str) -> None:
    lines = enumerate(text.splitlines(), start=1)
    odd = [
        (n, line.strip()) for n, line in lines if line.strip() and not _NAME.fullmatch(PurePosixPath(line.strip()).name)
    ]
    if odd:
        shown = ", ".join(f"line {number}: {line[:_SHOWN_CHARACTERS]!a}" for number, line in odd[:_SHOWN])
        raise UserError(
            f"{path} has {len(odd)} line{'s' * (len(odd) != 1)} naming no video ({shown}); "
            "give one id of 11 characters or one file name (<id>.<ext>) a line, or AVA's annotations as .csv"
        )


def fetch_videos(ids: Sequence[str], out: Path, places: Sequence[Place]) -> list[Outcome]:
    """What became of each video: there before, fetched from the first place that has it, or missing, and why.

    `missing.csv` in `out` lists the missing ones (id, reason), also of a run that ends early; what an earlier run found
    missing stays listed until it is asked for again or is there.
    """
    present = {p.stem for p in out.rglob("*") if p.suffix.lower() in VIDEO_SUFFIXES and WORK not in p.parts}
    missing = {name: reason for name, reason in _known_missing(out / MISSING).items() if name not in present}
    outcomes: list[Outcome] = []
    try:
        with progress_bar() as progress:
            bar = progress.add_task("Fetching videos", total=len(ids))
            for video_id in ids:
                there = video_id in present
                outcomes.append(Outcome(video_id, "present") if there else _fetched(video_id, out, places))
                progress.advance(bar)
    finally:
        for outcome in outcomes:
            missing.pop(outcome.video_id, None)
        missing |= {o.video_id: o.reason for o in outcomes if o.state == "missing"}
        write_text(out / MISSING, _csv(missing))
    return outcomes


def _fetched(video_id: str, out: Path, places: Sequence[Place]) -> Outcome:
    reasons = []
    for place in places:
        try:
            place.fetch(video_id, out)
            return Outcome(video_id, "fetched", where=place.label)
        except AbsentError as reason:
            reasons.append(f"{place.label}: {reason}")
    return Outcome(video_id, "missing", reason="; ".join(reasons))


def _known_missing(path: Path) -> dict[str, str]:
    """The reasons of an earlier run's missing videos by their ids; lines that are none are passed over."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        return {row[0]: row[1] for row in csv.reader(file) if len(row) == 2 and row != _MISSING_HEADER}


def _csv(missing: Mapping[str, str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_MISSING_HEADER, *missing.items()])
    return text.getvalue()


def print_outcomes(console: Console, outcomes: Sequence[Outcome]) -> None:
    """How many videos are there and from where, then each that is missing, with its reason."""
    counts = Counter((o.state, o.where) for o in outcomes)
    table = Table("videos", "number")
    for (state, where), number in sorted(counts.items()):
        table.add_row(f"{state} ({where})" if where else state, str(number))
    console.print(table)
    missing = [o for o in outcomes if o.state == "missing"]
    if missing:
        reasons = Table("left out", "reason")
        for outcome in missing:
            reasons.add_row(outcome.video_id, outcome.reason)
        console.print(reasons)


def main(arguments: Sequence[str] | None = None, places: Sequence[Place] | None = None) -> int:
    """Fetch what is asked for and say what came; 2 and one line on a user's mistake. `places` stand in for the net."""
    options = _parser().parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 120, markup=False)

    def work() -> None:
        if options.out.exists() and not options.out.is_dir():
            raise UserError(f"OUT is a file; give a folder: {options.out}")
        if options.what == "annotations":
            for subset, folder in fetch_annotations(options.out, Fetcher(options.proxy)).items():
                console.print(f"{subset}: {len(list(folder.iterdir()))} files in {folder}", soft_wrap=True)
            return
        outcomes = _videos(options, places)
        print_outcomes(console, outcomes)
        console.print(f"missing videos: {options.out / MISSING}", soft_wrap=True, highlight=False)
        if lacking := sum(NO_YT_DLP in outcome.reason for outcome in outcomes):
            raise UserError(f"{lacking} of the missing {NO_YT_DLP}")  # told last: what has a published copy came first

    return ends_cleanly(work)


def _videos(options: argparse.Namespace, places: Sequence[Place] | None) -> list[Outcome]:
    check_number("--min-height", options.min_height, least=0, whole=True)
    if options.cookies is not None and not options.cookies.is_file():
        raise UserError(f"--cookies {options.cookies} is no file")
    ids, names = wanted_videos(options.list)
    work = options.out / WORK
    work.mkdir(parents=True, exist_ok=True)
    if places is None:
        places = (
            PublishedCopies(Fetcher(options.proxy), work, options.min_height, names),
            YouTube(work, options.min_height, options.proxy, options.cookies),
        )
    try:
        return fetch_videos(ids[: options.limit], options.out, places)
    finally:
        remove_empty(work)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m avcur.sources.ava.download", description="Fetch AVA ActiveSpeaker")
    kinds = parser.add_subparsers(dest="what", required=True)
    annotations = kinds.add_parser("annotations", help="the published annotations of train and val")
    videos = kinds.add_parser("videos", help="videos by their ids: the published copy, else YouTube")
    videos.add_argument("list", type=Path, help="a text file of ids or file names, or annotations")
    for kind in (annotations, videos):
        kind.add_argument("out", type=Path, help="the folder to fill; run again to go on")
        kind.add_argument("--proxy", metavar="URL", help="such as http://host:3128")
    videos.add_argument("--cookies", type=Path, metavar="FILE", help="cookies for YouTube, in Netscape's format")
    videos.add_argument("--min-height", type=int, default=360, metavar="PX", help="least height (default: 360)")
    videos.add_argument("--limit", type=_at_least_one, metavar="N", help="only the first N videos")
    return parser


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
