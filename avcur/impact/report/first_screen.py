"""The first screen of the report: the plot of all tasks, then what curation was worth in each, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from avcur.impact.headlines import cautions, choice, headline
from avcur.impact.report.effects import overview
from avcur.impact.sentences import is_told, is_worse, title, verdict
from avcur.impact.study import Comparison, Row, Study, Table


def first_screen(study: Study) -> str:
    """The heading, how many runs there are, the plot, and a card per task."""
    tasks = len({comparison.task for comparison in study.comparisons})
    count = f"{study.num_runs} runs, {tasks} task{'s' if tasks != 1 else ''}"
    plot = overview(study)
    keys = (
        '<span class="key filled"></span>difference to random sets of the same size, with its 95 % interval'
        '<span class="key bar"></span>too small to be found 8 times in 10'
    )
    return (
        f'<h1>What curation was worth: {escape(study.name)}</h1><p class="lead">{count}. Every effect is measured '
        f"against random sets of the same size.</p>"
        f"{f'<figure class=first>{plot}<figcaption>{keys}</figcaption></figure>' if plot else ''}{_answers(study)}"
    )


def _answers(study: Study) -> str:
    """A card per task; a study of many conditions has a line for each."""
    items = []
    for task in dict.fromkeys(comparison.task for comparison in study.comparisons):
        own = [c for c in study.comparisons if c.task == task]
        own = [c for c in own if c.primary] or own
        lines = "".join(_answer(comparison, len(own) > 1) for comparison in own)
        items.append(f"<li{_look(own)}><h3>{escape(task)}</h3>{lines}</li>")
    return f'<ul class="answers">{"".join(items)}</ul>'


def _look(own: Sequence[Comparison]) -> str:
    """The edge of a card: a warning's where a filter does harm or a headline needs caution."""
    rows = [(row, c.test) for c in own if c.test for row in c.test.rows]
    if any(cautions(c) for c in own) or any(_harms(row, table) for row, table in rows):
        return " class=warned"
    return " class=told" if any(is_told(row) for row, _ in rows) else ""


def _harms(row: Row, table: Table) -> bool:
    """Whether an arm is told to be worse than random sets of its size, or than keeping everything."""
    raw = row.vs_raw
    return (raw is not None and raw.clear and is_worse(raw, table)) or (
        row.vs_control is not None and verdict(row, table) == "worse"
    )


def _answer(comparison: Comparison, is_named: bool) -> str:
    name = f"<b>{escape(title(comparison).removeprefix(f'{comparison.task} · '))}</b> " if is_named else ""
    chosen = choice(comparison)
    said = "".join(f'<p class="caution">{unbroken(text)}.</p>' for text in cautions(comparison))
    return f"<p>{name}{unbroken(headline(comparison))}{f' {unbroken(chosen)}' if chosen else ''}</p>{said}"


def unbroken(text: str) -> str:
    """Escaped, with no line break inside "p = 0.02"."""
    return escape(text).replace("p = ", "p&nbsp;=&nbsp;").replace("p &lt; ", "p&nbsp;&lt;&nbsp;")
