"""The commands that a person is told to run first: what measures a corpus, from a run's own overrides."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from omegaconf import DictConfig

from avcur.configuration import CORPUS_GROUPS
from avcur.tasks import task_named
from avcur.training.label_confidence import doubts_labels

_OF_LABELS = ("split", "label_confidence", "filter", "ablation", "threshold", "train_share", "speaker_labels", "seed")
"""What else label confidence hangs on, or is asked for by."""


def curate_command(cfg: DictConfig, overrides: Sequence[str], alone: bool = True) -> str:
    """The curate command that measures what this run needs, from the run's own overrides.

    It names the task, so that no variant, label or crop of another one is made: of a run that is not `alone` (others of
    a sweep may be of other tasks, which the same corpus serves) only where the task would lack something otherwise.
    """
    wanted = doubts_labels(cfg)
    kept = _about_the_corpus(overrides, *(_OF_LABELS if wanted else ()))
    named = not wanted and cfg.filter.name not in ("none", "threshold")  # which needs its signal, and measures nothing
    name = f" +filter={cfg.filter.name}" if named else ""
    if alone or wanted or task_named(cfg.task.name).reads_crops:
        kept.append(f"tasks=[{cfg.task.name}]")
    return _command(kept) + name


def clean_command(cfg: DictConfig, overrides: Sequence[str]) -> str:
    """The curate command that measures the same media without planted defects."""
    kept = [o for o in _about_the_corpus(overrides) if "defects" not in _groups(o)]
    task = cfg.get("task")  # which curate.py has not
    crops = [f"tasks=[{task.name}]"] if task and task_named(task.name).reads_crops else []
    return _command([*kept, "defects=none", *crops])


def _about_the_corpus(overrides: Sequence[str], *groups: str) -> list[str]:
    """The overrides that what is measured hangs on, and those of `groups`; a benchmark chooses its source."""
    about = {*CORPUS_GROUPS, "benchmark", "paths", *groups}
    return [override for override in overrides if _groups(override) & about]


def _command(overrides: Sequence[str]) -> str:
    return "python curate.py" + "".join(f" {shlex.quote(o)}" for o in overrides)


def _groups(override: str) -> set[str]:
    """The config groups that an override is of: its own, and the one it is placed in (sync@signals.sync.backend)."""
    group, _, package = override.lstrip("+~").split("=")[0].partition("@")
    return {name.split(".")[0].split("/")[0] for name in (group, package) if name}
