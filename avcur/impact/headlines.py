"""What curation did, in one sentence per comparison, and what was chosen on validation."""

from __future__ import annotations

from collections.abc import Sequence

from avcur.impact.findings import Chosen
from avcur.impact.residuals import hardly_random
from avcur.impact.sentences import answers, is_worse, p_of, p_words, size_words, subject, verdict
from avcur.impact.study import Comparison, Row, Table
from avcur.metrics.primary import LOWER_IS_BETTER

_MOST_AGAINST_RAW = 2
"""Arms named in one sentence for their contrast with keeping everything; more are counted."""


def headline(comparison: Comparison) -> str:
    """The one sentence: whether filters are told from random sets of their size, and by how much.

    Of several filters it says how many are, and names none: the largest of many effects on test is large by chance
    too. Which one to take is `choice`, on validation.
    """
    table = comparison.test
    rows = [row for row in table.rows if row.vs_control] if table else []
    if table is None or not rows:
        said = answers(comparison)[0].removeprefix(f"{subject(comparison)}: ")
        return said[:1].upper() + said[1:]
    curated = [row for row in rows if row.role == "curated"]
    oracles = [row for row in rows if row.role == "oracle"]
    parts = [_many(curated, table)] if len(curated) > 1 else [_one(row, table) for row in curated]
    parts += [_one(row, table) for row in oracles]
    return _begun("; ".join([*parts, *_against_raw(rows, table)]) + ".")


def cautions(comparison: Comparison) -> list[str]:
    """What a reader of the headline must know: classes that an arm emptied, and controls that are hardly random."""
    table = comparison.test
    if table is None:
        return []
    emptied = [
        f"{arm.label} leaves no training clips of {', '.join(arm.emptied_classes)}: their test clips count as errors"
        for arm in table.arms if arm.emptied_classes and arm.role in ("curated", "oracle")
    ]  # fmt: skip
    return [*emptied, *(f"{row.label}: {alike}" for row in table.rows if (alike := hardly_random(row)))]


def _against_raw(rows: Sequence[Row], table: Table) -> list[str]:
    """Arms that are told from keeping everything, each by its own interval."""
    told = [row for row in rows if row.vs_raw is not None and row.vs_raw.clear]
    if len(told) > _MOST_AGAINST_RAW:
        worse = sum(row.vs_raw is not None and is_worse(row.vs_raw, table) for row in told)
        return [f"of the arms told from keeping everything {worse} do worse and {len(told) - worse} better"]
    return [
        f"{'the oracle' if row.role == 'oracle' else row.label} against keeping everything "
        f"{size_words(row.vs_raw, table)}"
        for row in told if row.vs_raw is not None
    ]  # fmt: skip


def _beaten(chosen: Chosen, table: Table) -> str:
    """Says so where keeping everything is at least as good on validation as the best filter."""
    if chosen.raw_val is None:
        return ""
    sign = -1.0 if table.metric in LOWER_IS_BETTER else 1.0
    return "" if sign * chosen.val > sign * chosen.raw_val else ": no filter beats keeping everything"


def choice(comparison: Comparison) -> str:
    """What was chosen on validation, and what it is worth on test; "" where there was no choice."""
    chosen, table = comparison.chosen, comparison.test
    if chosen is None or table is None:
        return ""
    scores = f"{table.metric} {chosen.val:.3f}" + ("" if chosen.raw_val is None else f", raw {chosen.raw_val:.3f}")
    picked = f"Chosen on validation among {chosen.num_candidates}: {chosen.label} ({scores}{_beaten(chosen, table)})"
    effect = chosen.effect
    if effect is None:
        return f"{picked}; it has no controls, so that what it is worth on test is not known."
    size = size_words(effect, table)
    if effect.p is None:
        return f"{picked}; on test {size} against random sets of its size: {effect.note}."
    told = "" if effect.clear else ", not told from zero"
    return f"{picked}; on test {size} against random sets of its size ({p_words(effect.p)}, of this one test{told})."


def _one(row: Row, table: Table) -> str:
    """What one arm was worth, and what it kept of the hours of raw."""
    effect = row.vs_control
    if effect is None:
        raise ValueError(f"{row.label} has no control to speak of")
    who = "the oracle" if row.role == "oracle" else row.label
    size, said = size_words(effect, table), verdict(row, table)
    if said == "unknown":
        return f"{who} against random sets of its size: {size}, {effect.note}"
    how = f"is {said} than" if said in ("better", "worse") else "could not be told from"
    caution = ", once corrected for all tests of the study" if said == "taken back" else ""
    return f"{who}{_kept(row, table)} {how} random sets of its size{caution}: {size} ({p_of(row)})"


def _many(rows: Sequence[Row], table: Table) -> str:
    told = [said for row in rows if (said := verdict(row, table)) in ("better", "worse")]
    counts = [f"{told.count(word)} {_are(told.count(word))} {word}" for word in ("better", "worse") if word in told]
    found = f"of {len(rows)} filters {' and '.join(counts)} than random sets of their size" if counts else ""
    rest = len(rows) - len(told)
    if counts:
        return found + (f"; {rest} could not be told from them" if rest else "")
    return f"none of {len(rows)} filters could be told from random sets of their size"


def _kept(row: Row, table: Table) -> str:
    """ " (65 % of the hours)" of raw; "" where they are not known."""
    hours = {arm.arm_id: arm.kept_hours for arm in table.arms}
    raw = next((arm.kept_hours for arm in table.arms if arm.role == "raw"), None)
    own = hours.get(row.arm_id)
    return f" ({100 * own / raw:.0f} % of the hours)" if own is not None and raw else ""


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _begun(text: str) -> str:
    """With its capital, unless a filter's name begins it."""
    return text[:1].upper() + text[1:] if text.startswith(("of ", "none of ", "the oracle")) else text
