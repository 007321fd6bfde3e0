"""`python -m avcur.impact STUDY_DIR`: what curation was worth in a study, from its run results alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from avcur.errors import UserError
from avcur.impact.compare import compare_study
from avcur.impact.report.console import print_study
from avcur.impact.report.document import write_document
from avcur.impact.report.page import write_page
from avcur.impact.study import Study

_WIDTH = 120
"""Columns where the output is no terminal (a log, a pipe)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables and answers, write impact.json and impact.html; 2 and one line on a user's mistake."""
    options = _parser().parse_args(arguments)
    out = options.out or options.study_dir
    console = Console(width=None if sys.stdout.isatty() else _WIDTH, markup=False)
    try:
        study = compare_study(
            options.study_dir, primary_budget=options.primary_budget, num_resamples=options.resamples,
            seed=options.seed, detect=options.detect,
        )  # fmt: skip
        write_document(out / "impact.json", study)
        write_page(out / "impact.html", study, options.study_dir, thumbnails=options.thumbnails)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print_study(console, study)
    console.print(f"\nnumbers: {out / 'impact.json'}", soft_wrap=True, highlight=False)
    console.print(f"report:  {out / 'impact.html'}", soft_wrap=True, highlight=False)
    _track(study, out, options)
    return 0


def _track(study: Study, out: Path, options: argparse.Namespace) -> None:
    """The study's summary run in W&B, last: the results are on disk by then."""
    if options.wandb != "disabled":
        from avcur.impact.summary.run import log_study

        log_study(
            study, out, options.wandb, options.project,
            study_dir=options.study_dir, with_gallery=options.upload_gallery,
        )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m avcur.impact", description="What was curation worth in a study?")
    parser.add_argument("study_dir", type=Path, help="the study's folder, below which the result.json files are")
    parser.add_argument("--out", type=Path, help="folder for impact.json and impact.html (default: the study's)")
    parser.add_argument("--primary-budget", default="steps", metavar="KIND", help="budget whose tests Holm corrects")
    parser.add_argument("--resamples", type=_many, default=1000, help="resamples of the test groups (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the resampling (default: 0)")
    parser.add_argument(
        "--detect", type=float, default=0.05, metavar="EFFECT",
        help="print how many control draws would find an effect of this size (default: 0.05)",
    )  # fmt: skip
    parser.add_argument("--thumbnails", type=_count, default=200, help="clips in the report's gallery (default: 200)")
    parser.add_argument(
        "--wandb", choices=("auto", "online", "offline", "disabled"), default="auto",
        help="a summary run of the study in W&B: auto is online with a login and offline without (default: auto)",
    )  # fmt: skip
    parser.add_argument("--project", default="avcur", help="W&B project of that run (default: avcur)")
    parser.add_argument(
        "--upload-gallery", action="store_true",
        help="upload the report with its pictures of clips; without this the uploaded page has none",
    )  # fmt: skip
    return parser


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("0 or more")
    return value


def _many(text: str) -> int:
    value = int(text)
    if value < 100:
        raise argparse.ArgumentTypeError("at least 100 resamples, fewer give a coarse interval")
    return value


if __name__ == "__main__":
    sys.exit(main())
