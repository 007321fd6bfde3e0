"""The arms of one comparison: the whole pool, what each filter keeps, its random controls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from avcur.errors import UserError
from avcur.impact.collect import DRAWN, Run
from avcur.impact.labels import arm_labels, asked
from avcur.store.keys import digest

_NAMES = {"control": "random", "clean": "clean random"}
"""How the two kinds of matched random sets are called."""


@dataclass(frozen=True)
class Arm:
    """The runs of one filter under all its seeds, or all control draws that are matched to it.

    `arm_id` is the same wherever the same filter asks the same, also under another model or condition.
    """

    role: str
    label: str
    variant_id: str
    arm_id: str
    runs: tuple[Run, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(run.seed for run in self.runs)


@dataclass(frozen=True)
class Treatment:
    """A curated or oracle arm with its own matched controls, of all clips and of clean ones (None: no such run)."""

    arm: Arm
    control: Arm | None
    clean: Arm | None = None


@dataclass(frozen=True)
class Arms:
    """All arms of one comparison, and in words what is missing among them and which are the same clips."""

    raw: Arm | None
    treatments: tuple[Treatment, ...]
    missing: tuple[str, ...]

    def all(self) -> list[Arm]:
        """Every arm once: raw, then each treatment followed by its random and clean random sets."""
        found = [self.raw, *(arm for t in self.treatments for arm in (t.arm, t.control, t.clean))]
        return [arm for arm in found if arm]

    @property
    def oracle(self) -> Arm | None:
        """The oracle arm if there is exactly one."""
        oracles = [t.arm for t in self.treatments if t.arm.role == "oracle"]
        return oracles[0] if len(oracles) == 1 else None


def sort_arms(runs: Sequence[Run]) -> Arms:
    """Put the runs of one comparison into arms; UserError where there are two different raw variants."""
    raw = _by_set([run for run in runs if run.arm == "raw"])
    if len(raw) > 1:
        first, second = (members[0].path.parent for members in raw[:2])
        raise UserError(f"Two different raw variants in one study: {first} and {second}; move the outdated runs away")
    raw_arm = Arm("raw", "raw", raw[0][0].variant_id, "raw", raw[0]) if raw else None
    treatments = tuple(t for role in ("curated", "oracle") for t in _treatments(role, runs))
    arms = Arms(raw_arm, treatments, ())
    return Arms(raw_arm, treatments, (*_missing(runs, arms), *_equal_sets(arms)))


def drawn_id(role: str, arm_id: str) -> str:
    """The `arm_id` of the random sets of `role` that are matched to the arm `arm_id`; of another role that arm's."""
    return f"{role}-of-{arm_id}" if role in DRAWN else arm_id


def _by_set(runs: Sequence[Run]) -> list[tuple[Run, ...]]:
    """The runs of each arm by seed; arms of one filter by what it asks, so that a sweep goes up."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.set_id, []).append(run)
    members = [tuple(sorted(found, key=lambda run: run.seed)) for found in groups.values()]
    return sorted(members, key=lambda m: (m[0].filter, sorted(asked(m[0].card).items()), m[0].variant_id, m[0].asks))


def _treatments(role: str, runs: Sequence[Run]) -> list[Treatment]:
    arms = _by_set([run for run in runs if run.arm == role])
    times = Counter(members[0].asks for members in arms)
    treatments = []
    for members, label in zip(arms, arm_labels(arms), strict=True):
        first = members[0]
        several = f"-{first.variant_id[:6]}" if times[first.asks] > 1 else ""
        arm = Arm(role, label, first.variant_id, f"{role}-{digest(first.asks)[:12]}{several}", members)
        control, clean = (_drawn(kind, name, arm, runs) for kind, name in _NAMES.items())
        treatments.append(Treatment(arm, control, clean))
    return treatments


def _drawn(kind: str, name: str, arm: Arm, runs: Sequence[Run]) -> Arm | None:
    """The draws of a kind that are matched to an arm, by seed: equal draws of another filter are that one's."""
    matched = {_place(run) for run in arm.runs}
    members = [run for run in runs if run.arm == kind and _place(run) in matched]
    if not members:
        return None
    members.sort(key=lambda run: run.seed)
    return Arm(kind, f"{name}, as {arm.label}", arm.variant_id, drawn_id(kind, arm.arm_id), tuple(members))


def _place(run: Run) -> tuple[str, str]:
    """What a filter asks and the variant that it made, of a random set those that it is matched to."""
    return run.asks, run.control.variant_id if run.control else run.variant_id


def _repeated_sets(control: Arm) -> list[str]:
    """Controls stand for the sets of their size; several runs on one set say nothing about the others."""
    sets = len({run.variant_id for run in control.runs})
    if control.role not in DRAWN or sets == len(control.runs):
        return []
    return [f"{control.label}: {len(control.runs)} runs on only {sets} different sets; the interval may be too short"]


def _equal_sets(arms: Arms) -> list[str]:
    """Which filters kept the very same clips as another, or all: what one asks beyond the other rejects nothing."""
    found: dict[frozenset[str], list[Arm]] = {}
    for arm in (*([arms.raw] if arms.raw else []), *(treatment.arm for treatment in arms.treatments)):
        found.setdefault(frozenset(run.variant_id for run in arm.runs), []).append(arm)
    said = []
    for first, *others in (same for same in found.values() if len(same) > 1):
        keep = "keep" if len(others) > 1 else "keeps"
        why = "nothing is rejected" if first.role == "raw" else "what they ask differently makes no difference here"
        said.append(f"{', '.join(arm.label for arm in others)} {keep} the very same clips as {first.label}: {why}")
    return said


def _missing(runs: Sequence[Run], arms: Arms) -> list[str]:
    seeds = sorted({run.seed for run in runs})
    found = [] if arms.raw else ["no raw runs: nothing is compared with the whole pool"]
    if not arms.treatments:
        found.append("no curated or oracle runs: there is nothing to compare")
    known = {_place(run) for treatment in arms.treatments for run in treatment.arm.runs}
    for treatment in arms.treatments:
        if treatment.control is None:
            found.append(f"{treatment.arm.label}: no control runs, hence no effect against a set of its size")
    for arm in arms.all():
        lacking = [str(seed) for seed in seeds if seed not in arm.seeds]
        if lacking:
            what = "draws with seeds" if arm.role in DRAWN else "runs with seeds"
            found.append(f"{arm.label}: {len(arm.runs)} of {len(seeds)} runs; no {what} {', '.join(lacking)}")
        found += _repeated_sets(arm)
    stray = sorted({run.control.filter for run in runs if run.control and _place(run) not in known})
    found += [f"controls matched to {name} are left out: no run of the variant that they match" for name in stray]
    return found
