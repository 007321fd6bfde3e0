"""Read the run results below a study's folder; nothing else is read, and nothing is repaired."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from avcur.errors import UserError

SCHEMA = 1
SHARE = "train_share"
"""The condition under which a part of the training data is all there is."""
ARMS = ("raw", "curated", "oracle", "control", "clean")
DRAWN = ("control", "clean")
"""Arms of random sets that are matched to a variant: of all clips, and of clean ones."""


@dataclass(frozen=True)
class ControlOf:
    """Which variant a random control is matched to, which numbered draw it is, and what it could not match."""

    variant_id: str
    filter: str
    draw: int
    residual: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Run:
    """One trained and tested model: a `result.json` and the predictions beside it; compared by identity.

    `card` is one object for all runs of a filter's variant; of a random set it is the condition and the filter alone.
    """

    path: Path
    study: str
    task: str
    model: str
    arm: str
    filter: str
    variant_id: str
    control: ControlOf | None
    seed: int
    budget: tuple[str, float]
    recipe: str
    primary_metric: str
    metrics: Mapping[str, float | None]
    predictions: Path
    cost: Mapping[str, Any]
    card: Mapping[str, Any]
    emptied_classes: tuple[str, ...]
    device: str
    code_version: str
    variant_directory: str | None = None
    """Where the variant's tables lay when it was trained."""

    @cached_property
    def condition(self) -> ConditionItems:
        """What of the data is varied beside the filter, sorted by name; all of the training data is no condition."""
        found = self.card.get("condition") or {}
        items = ((str(name), value if isinstance(value, str) else float(value)) for name, value in found.items())
        return tuple(sorted(item for item in items if item != (SHARE, 1.0)))

    @cached_property
    def asks(self) -> str:
        """The filter and what it asks, as a text; of a random set those that it is matched to. "" of raw."""
        if self.arm == "raw":
            return ""
        name = self.control.filter if self.control else self.filter
        return json.dumps([name, (self.card.get("recipe") or {}).get("filter")], sort_keys=True)

    @cached_property
    def set_id(self) -> str:
        """What the runs of one arm share: what its filter asks, as two filters may keep one variant, and the variant.

        Of a part of the training data each seed draws its own, so that there it is what is asked alone.
        """
        return self.asks if SHARE in dict(self.condition) else f"{self.asks} {self.variant_id}"


ConditionItems = tuple[tuple[str, str | float], ...]


class Key(NamedTuple):
    """What a comparison is about: only runs of one key are ever compared."""

    task: str
    model: str
    budget: tuple[str, float]
    condition: ConditionItems


def collect(study_dir: Path) -> dict[Key, list[Run]]:
    """All runs below `study_dir` by (task, model, budget, condition), in a fixed order.

    UserError where there are none, where one cannot be read, where runs of several studies lie together, where
    a comparison mixes recipes, and where two runs claim the same place in it.
    """
    paths = sorted(study_dir.rglob("result.json"))
    if not paths:
        raise UserError(f"No result.json below {study_dir}; train first, or give the folder that train.py wrote into")
    cards: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    runs = [_sharing(read_run(path), cards) for path in paths]
    _one_study(runs, study_dir)
    shares = any(dict(run.condition).get(SHARE) for run in runs)
    comparisons: dict[Key, list[Run]] = {}
    for run in sorted(runs, key=_order):
        comparisons.setdefault(_key(run, shares), []).append(run)
    comparisons = dict(sorted(comparisons.items()))
    for members in comparisons.values():
        _one_recipe(members)
        _no_duplicates(members)
    return comparisons


def _key(run: Run, shares: bool) -> Key:
    """The run's comparison; among shares of the training data the whole of it is one of them."""
    condition = dict(run.condition)
    if shares:
        condition.setdefault(SHARE, 1.0)
    return Key(run.task, run.model, run.budget, tuple(sorted(condition.items())))


def read_run(path: Path) -> Run:
    """One `result.json`, checked; a UserError names the file and the field that is wrong."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA:
            raise UserError(f"{path} has schema {data['schema']}; this version reads {SCHEMA}: train that run again")
        run = _parsed(path, data)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as a run result ({error}); train that run again") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} lacks a field of a run result or has a wrong one ({error!r}); retrain it") from error
    if run.arm not in ARMS or (run.control is not None) != (run.arm in DRAWN):
        raise UserError(f"{path}: arm {run.arm!r} does not go with control = {data['control']!r}; train it again")
    if not run.predictions.is_file():
        raise UserError(f"{run.predictions} is missing, the predictions of {path}; train that run again")
    return run


def _parsed(path: Path, data: Mapping[str, Any]) -> Run:
    control = data["control"]
    return Run(
        path=path, study=str(data["study"]), task=str(data["task"]), model=str(data["model"]), arm=str(data["arm"]),
        filter=str(data["filter"] or "none"), variant_id=str(data["variant_id"]),
        control=None if control is None else ControlOf(
            str(control["variant_id"]), str(control["filter"]), int(control["draw"]), control.get("residual") or {}
        ),
        seed=int(data["seed"]), budget=(str(data["budget"]["kind"]), float(data["budget"]["value"])),
        recipe=str(data["recipe"]), primary_metric=str(data["primary_metric"]), metrics=data["metrics"],
        predictions=path.parent / data["predictions"], cost=data.get("cost") or {}, card=_card(data),
        emptied_classes=tuple(data.get("emptied_classes") or ()), device=str(data.get("device", "unknown")),
        code_version=str(data.get("code_version", "unknown")), variant_directory=data.get("variant_directory"),
    )  # fmt: skip


def _sharing(run: Run, cards: dict[tuple[Any, ...], Mapping[str, Any]]) -> Run:
    """The run with the card of an earlier one of the same filter and variant: of thousands of runs few cards differ."""
    return replace(run, card=cards.setdefault((run.arm, run.set_id, run.variant_id, run.condition), run.card))


def _card(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """A run's card; of a random set, which nothing is shown of, the condition and the filter that it is matched to."""
    card: Mapping[str, Any] = data.get("card") or {}
    if data["control"] is None:
        return card
    return {"condition": card.get("condition"), "recipe": {"filter": (card.get("recipe") or {}).get("filter")}}


def _order(run: Run) -> tuple[Any, ...]:
    matched = (run.control.filter, run.control.variant_id, run.control.draw) if run.control else ("", "", 0)
    place = (run.task, run.model, run.budget, run.condition)
    return (*place, ARMS.index(run.arm), run.filter, *matched, run.variant_id, run.seed)


def _one_study(runs: list[Run], study_dir: Path) -> None:
    studies = sorted({run.study for run in runs})
    if len(studies) > 1:
        raise UserError(f"{study_dir} holds the studies {', '.join(studies)}; give the folder of one of them")


def _one_recipe(runs: list[Run]) -> None:
    """An effect of curation is only that if nothing but the variant and the seed changed."""
    (usual, _), *others = Counter(run.recipe for run in runs).most_common()
    if others:
        odd = [run for run in runs if run.recipe != usual]
        names = ", ".join(run.path.parent.as_posix() for run in odd[:5]) + (", ..." if len(odd) > 5 else "")
        raise UserError(
            f"{runs[0].task} ({runs[0].model}) mixes recipes: {len(runs) - len(odd)} runs share one, but {len(odd)} "
            f"differ: {names}; train these again with the same settings, or move them to another study"
        )


def _no_duplicates(runs: list[Run]) -> None:
    """A run's place is (set, seed); a control's is (what is matched, seed), for draw k trains with seed k alone."""
    seen: dict[tuple[Any, ...], Run] = {}
    for run in runs:
        place: tuple[Any, ...] = (run.arm, run.set_id, run.seed)
        if run.control:
            place = (run.arm, run.asks, run.control.variant_id, run.seed)
        if place in seen:
            raise UserError(
                f"Two runs of {run.task} are the same {run.arm} run: {seen[place].path.parent} and {run.path.parent}; "
                "move one away (control draw k trains once, with seed k)"
            )
        seen[place] = run
