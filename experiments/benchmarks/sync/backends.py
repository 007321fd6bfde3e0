"""The backends that can measure here."""

from __future__ import annotations

from functools import cache

from avcur.configuration import construct
from avcur.sync.backend import SyncBackend
from experiments.benchmarks.faces.product import configuration
from experiments.benchmarks.row import Row, Settings

NAMES = ("lip_motion", "syncnet", "av_sync")


@cache
def backend(name: str, settings: Settings) -> SyncBackend:
    """As the configuration has it, with the weights and the checkpoint of the command line."""
    chosen = ["signals=sync", f"sync@signals.sync.backend={name}"]
    if settings.weights is not None:
        chosen.append(f"paths.weights={settings.weights}")
    if name == "av_sync" and settings.checkpoint is not None:
        chosen.append(f"signals.sync.backend.checkpoint.path={settings.checkpoint}")
    found: SyncBackend = construct(configuration(*chosen).signals.sync.backend)
    return found


@cache
def why_absent(name: str, settings: Settings) -> str | None:
    """Why a backend can measure nothing here; None where it can. Published weights are looked for once."""
    return backend(name, settings).missing()


def present(settings: Settings) -> list[str]:
    return [name for name in NAMES if why_absent(name, settings) is None]


def absent_rows(settings: Settings, what: str) -> list[Row]:
    """One line for each backend that is not here, with the reason."""
    reasons = {name: why_absent(name, settings) for name in NAMES}
    return [Row(f"{what}: {name}", "", reason) for name, reason in reasons.items() if reason is not None]
