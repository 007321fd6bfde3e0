"""Weights & Biases: online or offline, and the run that a curation leaves there."""

from __future__ import annotations

import logging
import netrc
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlparse

from avcur.errors import UserError
from avcur.variants.variant import Variant

WandbMode = Literal["online", "offline", "disabled", "shared"]
_MODES: dict[str, WandbMode] = {
    "online": "online", "run": "online", "offline": "offline", "dryrun": "offline", "disabled": "disabled",
    "shared": "shared",
}  # fmt: skip

_log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def announced_wandb_mode() -> WandbMode:
    """The mode of this process's W&B runs, logged once."""
    mode = wandb_mode()
    hint = " (log in or set WANDB_API_KEY to upload; `wandb sync` uploads later)" if mode == "offline" else ""
    _log.info("W&B: %s%s", mode, hint)
    return mode


def wandb_mode() -> WandbMode:
    """WANDB_MODE where it is set; else online with an API key or a netrc login for the W&B host, offline without."""
    asked = _MODES.get(os.environ.get("WANDB_MODE", "").lower())
    return asked or ("online" if os.environ.get("WANDB_API_KEY") or _has_login() else "offline")


def check_mode(mode: str) -> None:
    """A UserError for a mode that `log_curation` does not know, before any work."""
    if mode != "auto" and mode not in _MODES:
        raise UserError(f"wandb={mode} is unknown; use auto, online, offline or disabled")


def _has_login() -> bool:
    host = urlparse(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    try:
        return netrc.netrc(os.environ.get("NETRC")).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False


def wandb_settings() -> Any:
    """Settings for short runs: statistics, console capture and code saving cost more than the run and say nothing."""
    import wandb

    return wandb.Settings(
        silent=True, console="off", disable_git=True, save_code=False, x_disable_stats=True, x_disable_meta=True,
        x_disable_machine_info=True,
    )  # fmt: skip


def add_variant(run: Any, name: str, directory: Path) -> None:
    """Log a variant's card and manifest as an artifact."""
    import wandb

    artifact = wandb.Artifact(name, type="variant")
    for file in ("card.json", "manifest.csv"):
        if (path := directory / file).is_file():
            artifact.add_file(str(path))
    run.log_artifact(artifact)


def log_curation(
    mode: str, project: str, filter_name: str, directory: Path, variants: Sequence[Variant],
    funnel: Sequence[Mapping[str, Any]],
) -> None:  # fmt: skip
    """A W&B run of job type "curate": the funnel as a table, counts as its summary, each variant as an artifact.

    `mode` is auto (online with a key or login, else offline), online, offline or disabled.
    """
    chosen = announced_wandb_mode() if mode == "auto" else _MODES[mode]
    if chosen == "disabled":
        return
    import wandb

    directory.mkdir(parents=True, exist_ok=True)
    cards = {v.task: {k: v.card[k] for k in ("id", "counts", "recipe")} for v in variants}
    run = wandb.init(
        project=project, name=f"curate-{filter_name}", job_type="curate", dir=directory, mode=chosen,
        tags=["curate", filter_name], settings=wandb_settings(), reinit="finish_previous",
        config={"filter": filter_name, "cards": cards},
    )  # fmt: skip
    columns = ["stage", "reason", "clips", "hours"]
    run.log({"funnel": wandb.Table(columns=columns, data=[[row[c] for c in columns] for row in funnel])})
    for variant in variants:
        run.summary.update(
            {f"{variant.task}/{split}_clips": len(variant.rows(split)) for split in ("train", "val", "test")}
        )
        add_variant(run, f"variant-{variant.id[:16]}", variant.directory)
    run.finish()
