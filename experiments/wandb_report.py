"""Build a study's saved report at W&B: `python -m experiments.wandb_report --project avcur --study quickstart`.

It needs `pip install 'avcur[report]'`, a login, and a study that is at W&B with its summary run (`python -m
avcur.impact studies/quickstart --wandb online`). `--draft` prints the report's specification as JSON and reaches no
network; that much is tested. Saving it was never tried against a server.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from avcur.metrics.primary import PRIMARY


@dataclass(frozen=True)
class Asked:
    """Which study of which project, the tasks to show, and the rules whose bounds are axes, as `signal/min`."""

    project: str
    study: str
    entity: str
    tasks: tuple[str, ...]
    rules: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Save the report and print its address, or print its draft; 2 and one line where something is missing."""
    options = _parser().parse_args(arguments)
    try:
        asked = Asked(
            options.project, options.study, "" if options.draft else options.entity or _own_entity(),
            options.tasks, options.rules,
        )  # fmt: skip
        report = build(asked)
        if options.draft:
            print(json.dumps(specification(report), indent=2))
        else:
            report.save()
            print(report.url)
    except ImportError:
        return _failed("wandb-workspaces is not installed: pip install 'avcur[report]'")
    except Exception as error:  # of W&B: no login, no such project, no network
        return _failed(f"W&B: {' '.join(str(error).split())}; log in (`wandb login`), or give --draft")
    return 0


def build(asked: Asked) -> Any:
    """The report as wandb_workspaces' object: answer, effects, thresholds, scores, curves, and the runs behind them."""
    import wandb_workspaces.reports.v2 as wr

    return wr.Report(
        project=asked.project, entity=asked.entity, title=f"What curation was worth: {asked.study}", width="fluid",
        description="Effects against matched random sets of the same size; made by experiments/wandb_report.py",
        blocks=[
            wr.H1("Effects"),
            wr.P("One line per task, test set, arm and contrast; p_holm corrects the study's tests together."),
            _grid(asked, "impact", [_table("effects"), _media("report"), _table("arms")]),
            wr.H1("Thresholds"),
            wr.P("Every run as a line from the bounds of its filter over what was kept to its score on validation."),
            _grid(asked, "train", [_coordinates(asked, task) for task in asked.tasks]),
            wr.H1("Scores by arm"),
            _grid(asked, "train", [_scores(task, split) for task in asked.tasks for split in ("test", "test_clean")]),
            wr.H1("Cost"),
            _grid(asked, "train", [_cost(task) for task in asked.tasks]),
            wr.H1("Curves"),
            wr.P("Scores and effects over the number that the study varied; empty where it varied none."),
            _grid(asked, "impact", [_table("curves")]),
        ],
    )  # fmt: skip


def specification(report: Any) -> dict[str, Any]:
    """What `Report.save` would send, as plain data."""
    model = report._to_model()
    found = {"title": model.display_name, "description": model.description, "project": model.project.name}
    return {**found, "spec": json.loads(model.spec.model_dump_json(by_alias=True, exclude_none=True))}


def _grid(asked: Asked, job_type: str, panels: Sequence[Any]) -> Any:
    """Panels over the study's runs of one job type: "train" or "impact"."""
    import wandb_workspaces.expr as expr
    import wandb_workspaces.reports.v2 as wr

    for place, panel in enumerate(panels):
        panel.layout = wr.Layout(x=0 if len(panels) < 2 else 12 * (place % 2), y=8 * (place // 2), w=12, h=8)
    filters = [expr.Metric("Group") == asked.study, expr.Metric("JobType") == job_type]
    runs = wr.Runset(project=asked.project, entity=asked.entity, name=f"{asked.study}: {job_type}", filters=filters)
    return wr.PanelGrid(runsets=[runs], panels=list(panels))


def _table(name: str) -> Any:
    import wandb_workspaces.reports.v2 as wr

    return wr.WeavePanelSummaryTable(table_name=name)


def _media(key: str) -> Any:
    import wandb_workspaces.reports.v2 as wr

    return wr.MediaBrowser(title="Report", media_keys=[key], num_columns=1)


def _coordinates(asked: Asked, task: str) -> Any:
    import wandb_workspaces.reports.v2 as wr

    def axis(metric: Any, name: str) -> Any:
        return wr.ParallelCoordinatesPlotColumn(metric=metric, display_name=name)

    rules = [axis(wr.Config(f"rules/{rule}"), rule) for rule in asked.rules]
    facts = [axis(wr.Config(name), name) for name in ("filter", "arm", "kept_hours")]
    score = axis(wr.SummaryMetric(f"val/{PRIMARY[task][0]}"), f"val/{PRIMARY[task][0]}")
    return wr.ParallelCoordinatesPlot(title=f"{task}: thresholds", columns=[*facts, *rules, score])


def _scores(task: str, split: str) -> Any:
    import wandb_workspaces.reports.v2 as wr

    return wr.BarPlot(
        title=f"{task}: {split}/{PRIMARY[task][0]}", metrics=[wr.SummaryMetric(f"{split}/{PRIMARY[task][0]}")],
        groupby=wr.Config("arm"), groupby_aggfunc="mean", groupby_rangefunc="stddev",
    )  # fmt: skip


def _cost(task: str) -> Any:
    import wandb_workspaces.reports.v2 as wr

    return wr.ScatterPlot(
        title=f"{task}: score against hours kept", x=wr.SummaryMetric("cost/kept_hours"),
        y=wr.SummaryMetric(f"test/{PRIMARY[task][0]}"),
    )  # fmt: skip


def _own_entity() -> str:
    import wandb

    entity: str | None = wandb.Api().default_entity
    if not entity:
        raise ValueError("no default entity; give --entity")
    return entity


def _failed(why: str) -> int:
    print(f"error: {why}", file=sys.stderr)
    return 2


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _tasks(text: str) -> tuple[str, ...]:
    if unknown := [name for name in _names(text) if name not in PRIMARY]:
        raise argparse.ArgumentTypeError(f"unknown task {unknown[0]}; tasks are {', '.join(PRIMARY)}")
    return _names(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.wandb_report", description="A study's report at W&B.")
    parser.add_argument("--project", default="avcur", help="W&B project of the runs (default: avcur)")
    parser.add_argument("--study", required=True, help="the study: the group of its runs")
    parser.add_argument("--entity", help="user or team (default: of the login)")
    parser.add_argument("--tasks", type=_tasks, default="active_speaker,speaker_id,audio_type", help="tasks")
    parser.add_argument(
        "--rules", type=_names, default="face_presence/min,laplacian_variance/min,speech_ratio/min",
        help="bounds of rules that are axes of the parallel coordinates",
    )  # fmt: skip
    parser.add_argument("--draft", action="store_true", help="print the specification as JSON, without a network")
    return parser


if __name__ == "__main__":
    sys.exit(main())
