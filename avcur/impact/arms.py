"""The arms of one comparison: the whole pool, each curated variant, its random controls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from avcur.errors import UserError
from avcur.impact.collect import Run


@dataclass(frozen=True)
class Arm:
    """The runs of one variant under all its seeds, or all control draws that are matched to one variant."""

    role: str
    label: str
    variant_id: str
    runs: tuple[Run, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(run.seed for run in self.runs)


@dataclass(frozen=True)
class Treatment:
    """A curated or oracle arm with its own matched controls (None where no control run is there)."""

    arm: Arm
    control: Arm | None


@dataclass(frozen=True)
class Arms:
    """All arms of one (task, model, budget), and what is missing among them, in words."""

    raw: Arm | None
    treatments: tuple[Treatment, ...]
    missing: tuple[str, ...]

    def all(self) -> list[Arm]:
        """Every arm once: raw, then each treatment followed by its control."""
        found = [self.raw] if self.raw else []
        controls: set[str] = set()
        for treatment in self.treatments:
            found.append(treatment.arm)
            if treatment.control and treatment.control.variant_id not in controls:
                controls.add(treatment.control.variant_id)
                found.append(treatment.control)
        return found

    @property
    def oracle(self) -> Arm | None:
        """The oracle arm if there is exactly one."""
        oracles = [t.arm for t in self.treatments if t.arm.role == "oracle"]
        return oracles[0] if len(oracles) == 1 else None


def sort_arms(runs: Sequence[Run]) -> Arms:
    """Put the runs of one comparison into arms; UserError where there are two different raw variants."""
    raw = _by_variant([run for run in runs if run.arm == "raw"])
    if len(raw) > 1:
        first, second = (members[0].path.parent for members in list(raw.values())[:2])
        raise UserError(f"Two different raw variants in one study: {first} and {second}; move the outdated runs away")
    curated = _by_variant([run for run in runs if run.arm in ("curated", "oracle")])
    names = Counter((role, _names(members)) for (role, _), members in curated.items())
    treatments = []
    for (role, variant_id), members in curated.items():
        name = _names(members)
        label = name if names[role, name] == 1 else f"{name} ({_thresholds(members[0]) or variant_id[:6]})"
        controls = tuple(run for run in runs if run.control and run.control.variant_id == variant_id)
        control = Arm("control", f"random, as {label}", variant_id, controls) if controls else None
        treatments.append(Treatment(Arm(role, label, variant_id, members), control))
    raw_arm = next((Arm("raw", "raw", vid, members) for (_, vid), members in raw.items()), None)
    arms = Arms(raw_arm, tuple(treatments), ())
    return Arms(raw_arm, tuple(treatments), tuple(_missing(runs, arms)))


def _by_variant(runs: Sequence[Run]) -> dict[tuple[str, str], tuple[Run, ...]]:
    groups: dict[tuple[str, str], tuple[Run, ...]] = {}
    for run in runs:
        key = (run.arm, run.variant_id)
        groups[key] = (*groups.get(key, ()), run)
    return groups


def _names(runs: Sequence[Run]) -> str:
    """The filter's name; equal content has one id, so that two filters may share a variant."""
    return " = ".join(sorted({run.filter for run in runs}))


def _thresholds(run: Run) -> str:
    """What a filter asks, in short, to tell the steps of a sweep over it apart: "snr >= 10, duration <= 3"."""
    rules = run.card.get("recipe", {}).get("filter", {}).get("rules") or {}
    signs = {"min": ">=", "max": "<="}
    return ", ".join(
        f"{signal} {signs[bound]} {value:g}"
        for signal, rule in rules.items()
        for bound, value in (rule or {}).items()
        if bound in signs and value is not None
    )


def _repeated_sets(control: Arm) -> list[str]:
    """Controls stand for the sets of their size; several runs on one set say nothing about the others."""
    sets = len({run.variant_id for run in control.runs})
    if control.role != "control" or sets == len(control.runs):
        return []
    return [f"{control.label}: {len(control.runs)} runs on only {sets} different sets; the interval may be too short"]


def _missing(runs: Sequence[Run], arms: Arms) -> list[str]:
    seeds = sorted({run.seed for run in runs})
    found = [] if arms.raw else ["no raw runs: nothing is compared with the whole pool"]
    if not arms.treatments:
        found.append("no curated or oracle runs: there is nothing to compare")
    known = {treatment.arm.variant_id for treatment in arms.treatments}
    for treatment in arms.treatments:
        if treatment.control is None:
            found.append(f"{treatment.arm.label}: no control runs, hence no effect against a set of its size")
    for arm in arms.all():
        lacking = [str(seed) for seed in seeds if seed not in arm.seeds]
        if lacking:
            what = "draws with seeds" if arm.role == "control" else "runs with seeds"
            found.append(f"{arm.label}: {len(arm.runs)} of {len(seeds)} runs; no {what} {', '.join(lacking)}")
        found += _repeated_sets(arm)
    stray = sorted({run.control.filter for run in runs if run.control and run.control.variant_id not in known})
    found += [f"controls matched to {name} are left out: no run of the variant that they match" for name in stray]
    return found
