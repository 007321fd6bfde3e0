"""A/A: how often an effect is claimed where there is none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from avcur.engines.progress import work_through
from avcur.impact.calibration.null_study import SHARES, Null, null_study
from avcur.impact.calibration.rates import Rate, Verdict, rate, root_mean_square
from avcur.impact.sentences import ALPHA

BAR = 0.08
"""Most studies that may reject a true null at alpha 0.05: 200 studies leave that much room."""


@dataclass(frozen=True)
class NullArm:
    """All studies of one pseudo-curated arm: means over studies, and root mean squares of errors and deviations.

    `stated_error` is the standard error of which intervals are made, `true_error` how far estimates were off zero.
    """

    arm: str
    share: float
    rejected: Rate
    naive_rejected: Rate
    mean: float
    width: float
    stated_error: float
    true_error: float
    of_seeds: float
    of_draws: float
    without_interval: int


@dataclass(frozen=True)
class NullFound:
    """`any_after_holm`: studies that claim at least one effect after correction for all their arms."""

    arms: tuple[NullArm, ...]
    any_after_holm: Rate


def try_null(studies: int, seed: int, num_workers: int | None) -> NullFound:
    """Studies 0 to `studies` - 1 under one seed; workers change nothing."""
    done = dict(work_through("A/A: studies", partial(null_study, seed=seed), range(studies), num_workers))
    found = [done[number] for number in range(studies)]
    arms = [_arm(name, [null for study in found for null in study if null.arm == name]) for name in SHARES]
    any_after_holm = [any(_rejects(null.p_holm) for null in study) for study in found]
    return NullFound(tuple(arms), rate(any_after_holm))


def verdicts(found: NullFound) -> list[Verdict]:
    """Each arm's own test, and the study's family after Holm."""
    own = [Verdict(f"A/A, {arm.arm} rejected in", arm.rejected, "at most", BAR) for arm in found.arms]
    return [*own, Verdict("A/A, any arm rejected after Holm in", found.any_after_holm, "at most", BAR)]


def _rejects(p: float | None) -> bool:
    return p is not None and p <= ALPHA


def _arm(name: str, nulls: Sequence[Null]) -> NullArm:
    widths = [null.width for null in nulls if null.width is not None]
    return NullArm(
        arm=name, share=SHARES[name], rejected=rate([_rejects(null.p) for null in nulls]),
        naive_rejected=rate([null.naive_rejects for null in nulls]),
        mean=math.fsum(null.estimate for null in nulls) / len(nulls), width=math.fsum(widths) / max(1, len(widths)),
        stated_error=root_mean_square([null.standard_error for null in nulls if null.standard_error is not None]),
        true_error=root_mean_square([null.estimate for null in nulls]),
        of_seeds=root_mean_square([null.of_seeds for null in nulls]),
        of_draws=root_mean_square([null.of_draws for null in nulls]), without_interval=len(nulls) - len(widths),
    )  # fmt: skip
