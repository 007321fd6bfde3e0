"""The section of effects: every contrast of every comparison, what it says in words, and what to be wary of."""

from __future__ import annotations

from html import escape

from avcur.impact.report.effects import effect_plot
from avcur.impact.report.first_screen import unbroken
from avcur.impact.sentences import answers, metric_of, notes, subject, title
from avcur.impact.study import Comparison, Study, Table

_EFFECT_KEY = (
    '<span class="key filled"></span>against random sets of its size'
    '<span class="key open"></span>against other sets (named)'
    '<span class="key bar"></span>too small to be found 8 times in 10'
)


def effects(study: Study) -> str:
    """Plots, sentences and notes of every comparison."""
    parts = [f'<p class="small">{_EFFECT_KEY}</p>']
    for comparison in study.comparisons:
        parts.append(f"<h3>{escape(title(comparison))}</h3>")
        parts += [_effect_figure(table) for table in comparison.tables if table.rows]
        parts.append("".join(f"<p>{_sentence(comparison, line)}</p>" for line in answers(comparison)))
        lines = "".join(f"<li>{escape(note)}</li>" for note in notes(comparison))
        parts.append(f'<ul class="notes">{lines}</ul>' if lines else "")
    return "".join(parts)


def _effect_figure(table: Table) -> str:
    caption = f"Difference in {metric_of(table)}, {table.num_groups} test groups."
    figure = f"<figure>{effect_plot(table)}<figcaption>{escape(caption)}</figcaption></figure>"
    if table.name == "test":
        return figure
    return f"<details><summary>The same on test clips without planted defects</summary>{figure}</details>"


def _sentence(comparison: Comparison, text: str) -> str:
    """With its capital unless a filter's name begins it; the heading above names the task."""
    text = text.removeprefix(f"{subject(comparison)}: ")
    begun = text[:1].upper() + text[1:] if text.startswith(("the ", "no ", "nothing ")) else text
    return unbroken(begun)
