"""What the cards of a study's variants say: the funnel of each filter, and the signals of what it kept and rejected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from avcur.impact.report.names import breakable
from avcur.impact.report.plots import funnel_plot, histogram
from avcur.impact.sentences import subject
from avcur.impact.study import Comparison, Study
from avcur.variants.asked import rules

MOST_HISTOGRAMS = 480
"""In the whole page, of some 4 kB each; filters share them evenly, and each shows the signals of its rules first."""


def variants_of(study: Study) -> Iterator[tuple[Comparison, str, str, Mapping[str, Any]]]:
    """Comparison, label, role and card of what each filter made, once for all models and budgets trained on it.

    Filters that kept the very same clips are as many variants here: each has reasons of its own.
    """
    seen: set[tuple[str, str, str]] = set()
    for comparison in study.comparisons:
        arms = {row.label: row for table in comparison.tables for row in table.rows}
        for label, card in comparison.cards.items():
            row = arms.get(label)
            place = (comparison.task, str(card.get("id", label)), row.arm_id if row else label)
            if place not in seen:
                seen.add(place)
                yield comparison, label, row.role if row else "curated", card


def funnels(study: Study) -> str:
    """A card for each filter: where its clips went."""
    cards = []
    for comparison, label, _, card in variants_of(study):
        if funnel := card.get("funnel"):
            cards.append(f"<div><h4>{escape(subject(comparison))} · {breakable(label)}</h4>{funnel_plot(funnel)}</div>")
    return f'<div class="cards">{"".join(cards)}</div>' if cards else ""


def histograms(study: Study) -> str:
    """For each filter the signals of the clips that it kept and rejected, as many as the page can hold."""
    found = [(c, label, card) for c, label, _, card in variants_of(study) if card.get("histograms")]
    each = max(1, MOST_HISTOGRAMS // max(1, len(found)))
    parts = [_histograms(c, label, card, each, is_open=not i) for i, (c, label, card) in enumerate(found)]
    left = "" if len(parts) <= MOST_HISTOGRAMS else f'<p class="small">And {len(parts) - MOST_HISTOGRAMS} more.</p>'
    return "".join(parts[:MOST_HISTOGRAMS]) + left


def _histograms(comparison: Comparison, label: str, card: Mapping[str, Any], most: int, *, is_open: bool) -> str:
    known: Mapping[str, Any] = card["histograms"]
    names = _judged_first(card, known)
    plots = "".join(histogram(name, known[name]) for name in names[:most])
    left = len(names) - most
    more = f'<p class="small">And {left} more signals, in the variant\'s card.json.</p>' if left > 0 else ""
    summary = f"<summary>{escape(subject(comparison))} · {breakable(label)}</summary>"
    return f'<details{" open" if is_open else ""}>{summary}<div class="histograms">{plots}</div>{more}</details>'


def _judged_first(card: Mapping[str, Any], known: Mapping[str, Any]) -> Sequence[str]:
    """The signals of a card's histograms, those that its filter's rules look at before the others."""
    judged = [str(rule.get("signal") or name) for name, rule in rules(card).items()]
    return [name for name in dict.fromkeys([*judged, *known]) if name in known]
