"""The answer in words: what a study says about each filter, and what it could not have seen."""

from __future__ import annotations

from typing import Literal

from avcur.impact.conditions import condition_words
from avcur.impact.effect import ENOUGH_RUNS, LEVEL, Effect
from avcur.impact.residuals import mismatches
from avcur.impact.share import Share
from avcur.impact.study import Comparison, Row, Study, Table
from avcur.metrics.primary import LOWER_IS_BETTER

ALPHA = 1 - LEVEL
Verdict = Literal["better", "worse", "taken back", "not told", "unknown"]
"""Of an arm against random sets of its size: clear by its own interval alone is taken back by the correction."""
FEW_GROUPS = 5
"""With fewer test groups their resampling says little about other groups."""


def title(comparison: Comparison) -> str:
    """Task, model, budget and condition, as a heading."""
    given = condition_words(comparison.condition)
    return f"{comparison.task} · {comparison.model} · {budget(comparison)}" + (f" · {given}" if given else "")


def subject(comparison: Comparison) -> str:
    """What a sentence speaks about: the task, and under which condition."""
    given = condition_words(comparison.condition)
    return f"{comparison.task} ({given})" if given else comparison.task


def budget(comparison: Comparison) -> str:
    kind, value = comparison.budget
    return f"{value:g} {kind}"


def signed(value: float) -> str:
    """A difference with its sign and a true minus; none on what rounds to zero."""
    return "0.000" if abs(value) < 0.0005 else f"{value:+.3f}".replace("-", "−")


def interval(low: float | None, high: float | None) -> str:
    return "no interval" if low is None or high is None else f"[{signed(low)}, {signed(high)}]"


def metric_of(table: Table) -> str:
    """What is compared, `test/ap`, and which way is up where it is not the usual one."""
    return f"{table.name}/{table.metric}" + (" (lower is better)" if table.metric in LOWER_IS_BETTER else "")


def answers(comparison: Comparison) -> list[str]:
    """One sentence per curated or oracle arm on the test set, or one that says why there is none."""
    table, about = comparison.test, subject(comparison)
    if table is None or not table.rows:
        return [f"{about}: nothing could be compared; " + "; ".join(comparison.missing) + "."]
    rows = [row for row in table.rows if row.vs_control]
    if not rows:
        return [f"{about}: no arm has matched controls, so that what curation was worth is not known."]
    told = [row for row in rows if is_told(row)]
    tested = any(row.vs_control and row.vs_control.p is not None for row in rows)
    found = [] if told or not tested else [f"{about}: no effect of choosing clips could be told from zero."]
    return found + [_answer(row, table, about) for row in rows]


def _answer(row: Row, table: Table, about: str) -> str:
    effect = row.vs_control
    if effect is None:
        raise ValueError(f"{row.label} has no control to speak of")
    who = "the oracle (planted defects removed)" if row.role == "oracle" else row.label
    size, said = size_words(effect, table), verdict(row, table)
    if said == "unknown":
        return f"{about}: {who} against random sets of its size: {size}; {effect.note}."
    caution = f", indicative only: fewer than {ENOUGH_RUNS} controls" if effect.indicative else ""
    p = p_of(row)
    if said in ("better", "worse"):
        return f"{about}: {who} is {said} than random sets of its size: {size} ({p}{caution}){_share(row)}."
    if said == "taken back":
        return (
            f"{about}: {who} against random sets of its size: {size}; the interval leaves out zero, but "
            f"not after the correction for all tests of the study ({p}{caution})."
        )
    return (
        f"{about}: {who} could not be told from random sets of its size: {size} ({p}{caution}); "
        f"only an effect of {effect.mde:.3f} or more would have been found in 8 of 10 such studies."
    )


def _share(row: Row) -> str:
    share = row.share
    if share is None or share.value is None:
        return ""
    return f"; it recovers {' '.join(share_text(share).split(chr(10)))} of the oracle's gain over raw"


def notes(comparison: Comparison) -> list[str]:
    """What weakens the numbers: missing runs, few test groups, emptied classes, controls that do not match."""
    found = list(comparison.missing)
    for table in comparison.tables[:1]:
        if table.num_groups < FEW_GROUPS:
            found.append(f"only {table.num_groups} test groups: the interval may be too short")
        for arm in table.arms:
            if arm.emptied_classes:
                names = ", ".join(arm.emptied_classes)
                found.append(f"{arm.label}: no training clips left of {names}; their test clips count as errors")
        found += [note for row in table.rows for note in (*mismatches(row), *_undetectable(row))]
    if not comparison.primary:
        found.append("not the primary budget: its tests are not corrected together with the others")
    return found


def _undetectable(row: Row) -> list[str]:
    """Why more control draws would not find the effect that was asked for."""
    known = row.vs_control is not None and row.vs_control.mde is not None and row.runs_to_detect is None
    return [f"{row.label}: {row.note_to_detect}"] if known and row.note_to_detect else []


def facts(study: Study) -> list[tuple[str, str]]:
    """What was compared, as (name, value) pairs."""
    recipes = sorted({f"{title(c)}: {c.recipe[:12]}" for c in study.comparisons})
    return [
        ("study", study.name),
        ("runs", str(study.num_runs)),
        ("tests corrected together (Holm)", str(study.num_tests)),
        ("interval", f"{LEVEL:.0%}, Student's t; {study.num_resamples} resamples of the test groups"),
        ("device", ", ".join(study.devices)),
        ("code version", ", ".join(study.code_versions)),
        *(("recipe", recipe) for recipe in recipes),
    ]


def p_text(row: Row) -> str:
    """Holm's p, or the test's own with a mark where it is outside the family."""
    if row.p_holm is not None:
        return _p(row.p_holm)
    return "" if row.vs_control is None or row.vs_control.p is None else f"({_p(row.vs_control.p)})"


def share_text(share: Share | None) -> str:
    """A percentage with its interval, or why there is none."""
    if share is None:
        return ""
    if share.value is None or share.low is None or share.high is None:
        return f"not defined:\n{share.reason}"
    return f"{share.value:.0%}\n[{share.low:.0%}, {share.high:.0%}]".replace("-", "−")


def is_told(row: Row) -> bool:
    """Told from zero: after Holm where the test is in the family, else by its own interval."""
    if row.vs_control is None:
        return False
    return row.p_holm <= ALPHA if row.p_holm is not None else row.vs_control.clear


def verdict(row: Row, table: Table) -> Verdict:
    """What may be claimed of an arm; "unknown" without a test against its control."""
    effect = row.vs_control
    if effect is None or effect.p is None:
        return "unknown"
    if is_told(row):
        return "worse" if is_worse(effect, table) else "better"
    return "taken back" if effect.clear else "not told"


def is_worse(effect: Effect, table: Table) -> bool:
    """Whether an effect is for the worse in the metric of a table."""
    return (effect.estimate > 0) == (table.metric in LOWER_IS_BETTER)


def size_words(effect: Effect, table: Table) -> str:
    """An effect in its metric with its interval: "+0.031 ap [+0.010, +0.052]", "0.000 ap (no interval)"."""
    found = interval(effect.low, effect.high)
    return f"{signed(effect.estimate)} {table.metric} {found if found.startswith('[') else f'({found})'}"


def p_of(row: Row) -> str:
    """The p of an arm against its control, "p = 0.021 after Holm" in the family; "" without a test."""
    if row.p_holm is not None:
        return f"{p_words(row.p_holm)} after Holm"
    return "" if row.vs_control is None or row.vs_control.p is None else p_words(row.vs_control.p)


def p_words(value: float) -> str:
    """ "p = 0.021" or "p < 0.001"."""
    return f"p {_p(value)}" if value < 0.001 else f"p = {_p(value)}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
