"""The options of the config group `signals`, and which columns each of them measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hydra.utils
from omegaconf import OmegaConf

_FOLDER = Path(__file__).resolve().parents[2] / "conf" / "signals"
_DEFAULT = "default"


@dataclass(frozen=True)
class Options:
    """`columns` of each entry of each option; `default` the options that the default one stands for.

    Columns that depend on a person's file, those of score tables, are none of them.
    """

    columns: Mapping[str, Mapping[str, tuple[str, ...]]]
    default: tuple[str, ...] = ()

    @classmethod
    def read(cls, folder: Path = _FOLDER) -> Options:
        """From the group's files; without any option where there is no such folder."""
        bodies: dict[str, Any] = {
            path.stem: OmegaConf.to_container(OmegaConf.load(path)) for path in sorted(folder.glob("*.yaml"))
        }
        columns = {
            option: {name: _columns(node["_target_"]) for name, node in body.items() if name != "defaults"}
            for option, body in bodies.items()
        }
        default = bodies.get(_DEFAULT, {}).get("defaults", ())
        return cls(columns, tuple(str(option) for option in default))

    def of(self, column: str) -> str | None:
        """The option that measures a column, if any is known to."""
        for option, entries in self.columns.items():
            if any(column in measured for measured in entries.values()):
                return option
        return None

    def chosen(self, entries: Iterable[str]) -> list[str]:
        """The options that have these entries of `cfg.signals`, the default ones in one word where all are there."""
        owners = {entry: option for option, own in self.columns.items() for entry in own}
        found = list(dict.fromkeys(owners.get(entry, entry) for entry in entries))
        if not self.default or not set(self.default) <= set(found):
            return found
        return [_DEFAULT, *(option for option in found if option not in self.default)]


def _columns(target: str) -> tuple[str, ...]:
    return tuple(getattr(hydra.utils.get_class(target), "columns", ()))
