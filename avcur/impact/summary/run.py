"""The W&B run that sums a study up: its tables of effects, scores and curves, charts of them, and the report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from avcur.impact.report.page import write_page
from avcur.impact.study import Study
from avcur.impact.summary.charts import charts
from avcur.impact.summary.keys import comparison_key
from avcur.impact.summary.tables import Cell, Line, arm_lines, curve_lines, effect_lines
from avcur.tracking.artifacts import files_artifact
from avcur.tracking.mode import chosen_mode
from avcur.tracking.runs import start_run, survived


def log_study(
    study: Study, directory: Path, mode: str, project: str, *, study_dir: Path | None = None, with_gallery: bool = False
) -> None:
    """A W&B run of job type "impact" in the group of the study's runs; `directory` holds impact.json and impact.html.

    `mode` is auto (online with a key or login, else offline), online, offline or disabled. The page is uploaded as one
    without the clips of its gallery, made anew from `study_dir`, unless `with_gallery`: pictures of people stay where
    they are. A failure of W&B is a warning.
    """
    chosen = chosen_mode(mode)
    if chosen == "disabled":
        return
    with survived(f"the summary of study {study.name}"), TemporaryDirectory() as made:
        page = directory / "impact.html" if with_gallery else _without_clips(study, study_dir, Path(made))
        run = start_run(
            chosen, project=project, directory=directory, name=f"impact-{study.name}", group=study.name,
            job_type="impact", tags=["impact"], config=study_facts(study),
        )  # fmt: skip
        try:
            run.log(_tables(study) | _charts(study) | _report(page))
            run.summary.update(headline(study))
            files = (directory / "impact.json", page)
            run.log_artifact(files_artifact(f"study-{study.name}", "study", study_facts(study), *files))
        finally:
            run.finish()


def _without_clips(study: Study, study_dir: Path | None, folder: Path) -> Path:
    """The report in a folder of its own, without a clip in it."""
    path = folder / "impact.html"
    write_page(path, study, study_dir, thumbnails=0)
    return path


def study_facts(study: Study) -> dict[str, Any]:
    """What was compared."""
    return {
        "study": study.name, "num_runs": study.num_runs, "num_tests": study.num_tests,
        "num_resamples": study.num_resamples, "detect": study.detect, "devices": list(study.devices),
        "code_versions": list(study.code_versions), "tasks": sorted({c.task for c in study.comparisons}),
        "models": sorted({c.model for c in study.comparisons}),
    }  # fmt: skip


def headline(study: Study) -> dict[str, float]:
    """`effect/<task>/<model>/<budget>[/<condition>]/<arm>` and its `p_holm/...`, of the primary tests alone."""
    found = {}
    for comparison in study.comparisons:
        if comparison.primary and comparison.test is not None:
            for row in comparison.test.rows:
                key = f"{comparison_key(comparison)}/{row.label}"
                if row.vs_control is not None:
                    found[f"effect/{key}"] = row.vs_control.estimate
                if row.p_holm is not None:
                    found[f"p_holm/{key}"] = row.p_holm
    return found


def _tables(study: Study) -> dict[str, Any]:
    lines = {"effects": effect_lines(study), "arms": arm_lines(study), "curves": curve_lines(study)}
    return {name: _table(rows) for name, found in lines.items() if (rows := list(found))}


def _table(rows: Sequence[Line]) -> Any:
    import wandb

    columns = list(rows[0])
    return wandb.Table(columns=columns, data=[[_finite(row[c]) for c in columns] for row in rows])


def _charts(study: Study) -> dict[str, Any]:
    from wandb.plot import line_series

    return {
        key: line_series(
            [list(x) for x in c.xs], [list(y) for y in c.ys], keys=list(c.names), title=c.title, xname=c.x_name
        )
        for key, c in charts(study).items()
    }


def _report(path: Path) -> dict[str, Any]:
    import wandb

    return {"report": wandb.Html(str(path), inject=False)} if path.is_file() else {}


def _finite(value: Cell) -> Cell:
    """A number that is none as null, which W&B's tables can hold."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
