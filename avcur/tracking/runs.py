"""Starting W&B runs, one after the other in one process, so that none of them can cost a result."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from avcur.tracking.mode import WandbMode, stay_offline

_LONGEST_TAG = 64
"""Characters; W&B refuses a run with a longer tag."""

_log = logging.getLogger(__name__)


def start_run(
    mode: WandbMode, *, project: str, directory: Path, name: str, job_type: str, tags: Sequence[str],
    config: Mapping[str, Any], group: str | None = None, entity: str | None = None,
) -> Any:  # fmt: skip
    """A W&B run whose files lie below `directory`; it ends the run before it in this process.

    Offline where the server cannot be reached or refuses the login, and so are the later runs of this process.
    """
    import wandb

    directory.mkdir(parents=True, exist_ok=True)
    given: dict[str, Any] = {
        "project": project, "entity": entity, "name": name, "group": group, "job_type": job_type, "tags": _cut(tags),
        "dir": directory, "config": dict(config), "settings": wandb_settings(), "reinit": "finish_previous",
    }  # fmt: skip
    try:
        return wandb.init(mode=mode, **given)
    except (wandb.errors.CommError, wandb.errors.AuthenticationError) as error:
        _log.warning("W&B: %s; offline from now on, `wandb sync` uploads later", error)
        stay_offline()
        return wandb.init(mode="offline", **given)


def _cut(tags: Sequence[str]) -> list[str]:
    """Each tag once, as long as W&B allows; the whole names are in the config."""
    return list(dict.fromkeys(tag[:_LONGEST_TAG] for tag in tags if tag))


def wandb_settings() -> Any:
    """Settings for short runs: statistics, console capture and code saving cost more than the run and say nothing.

    Nothing of the machine or its environment is sent, the list of installed packages neither.
    """
    import wandb

    return wandb.Settings(
        silent=True, console="off", disable_git=True, save_code=False, x_disable_stats=True, x_disable_meta=True,
        x_disable_machine_info=True, x_save_requirements=False,
    )  # fmt: skip


@contextmanager
def survived(what: str) -> Iterator[None]:
    """Whatever goes wrong at W&B inside is a warning: what it was told lies on disk already."""
    try:
        yield
    except Exception as error:
        _log.warning("W&B: %s was not logged: %s: %s", what, type(error).__name__, error)
