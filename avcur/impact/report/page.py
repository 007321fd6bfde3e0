"""impact.html: one self-contained page, without scripts and without the network."""

from __future__ import annotations

from html import escape
from pathlib import Path

from avcur.impact.headlines import choice, headline
from avcur.impact.report.cost import cost
from avcur.impact.report.curves import curves
from avcur.impact.report.detection import corpus_folders, detection
from avcur.impact.report.effects import effect_plot, overview
from avcur.impact.report.gallery import placed
from avcur.impact.report.gallery_page import gallery
from avcur.impact.report.groups import removed
from avcur.impact.report.plots import funnel_plot, histogram, score_plot
from avcur.impact.report.style import CSS
from avcur.impact.report.tables import table_html
from avcur.impact.report.words import DEFINITIONS, HOW_TO_READ, INTRODUCTIONS
from avcur.impact.sentences import answers, facts, is_told, metric_of, notes, subject, title
from avcur.impact.study import Comparison, Study, Table
from avcur.metrics.primary import DEFINITIONS as METRICS
from avcur.store.commit import write_text

MOST_THUMBNAILS = 200
_SHORT = {
    "Signals of kept and rejected clips": "Signals",
    "Scores of every run": "Scores",
    "How to read this": "How to read",
}
"""Headings as they stand in the row of links."""

_EFFECT_KEY = (
    '<span class="key filled"></span>against random sets of its size'
    '<span class="key open"></span>against other sets (named)'
    '<span class="key bar"></span>too small to be found 8 times in 10'
)


def write_page(path: Path, study: Study, study_dir: Path | None = None, *, thumbnails: int = MOST_THUMBNAILS) -> None:
    """Write the report of a study; clips of its gallery come from the variants that the runs in `study_dir` name."""
    text = page(study, study_dir, page_dir=path.parent, thumbnails=thumbnails)
    write_text(path, text.encode("utf-8", "replace").decode("utf-8"))  # odd file names hold what UTF-8 cannot


def page(
    study: Study, study_dir: Path | None = None, *, page_dir: Path | None = None, thumbnails: int = MOST_THUMBNAILS
) -> str:
    """The whole page as HTML; without `study_dir` nothing is read from disk, and no clip is shown."""
    sections = [(name, text) for name, text in _sections(study, study_dir, page_dir or Path(), thumbnails) if text]
    links = " ".join(f'<a href="#{_anchor(name)}">{_SHORT.get(name, name)}</a>' for name, _ in sections)
    body = "".join(
        f'<h2 id="{_anchor(name)}">{name}</h2>{_small(INTRODUCTIONS[name]) if name in INTRODUCTIONS else ""}{text}'
        for name, text in sections
    )
    viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{viewport}'
        f"<title>{escape(study.name)}: what curation was worth</title><style>{CSS}</style></head>"
        f"<body><main>{_head(study)}<nav>{links}</nav>{body}</main></body></html>\n"
    )


def _sections(study: Study, study_dir: Path | None, page_dir: Path, thumbnails: int) -> list[tuple[str, str]]:
    """Every section by its heading, those with nothing to show empty."""
    corpora = {} if study_dir is None else placed(corpus_folders(study), study_dir)
    return [
        ("Effects", _effects(study)),
        ("Curves", curves(study)),
        ("Who was removed", removed(study)),
        ("Funnels", _funnels(study)),
        ("Signals of kept and rejected clips", _histograms(study)),
        ("Planted truth", detection(study, corpora)),
        ("Cost", cost(study)),
        ("Gallery", "" if study_dir is None else gallery(study, study_dir, page_dir, thumbnails)),
        ("Scores of every run", _scores(study)),
        ("Table", _tables(study)),
        ("How to read this", "".join(f"<p>{text}</p>" for text in HOW_TO_READ)),
        ("Definitions", _definitions(study)),
        ("Facts", _facts(study)),
    ]


def _anchor(name: str) -> str:
    return name.split()[0].lower()


def _small(text: str) -> str:
    return f'<p class="small">{text}</p>'


def _head(study: Study) -> str:
    """The first screen: the plot of all tasks, then one sentence for each."""
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
        told = any(is_told(row) for c in own if c.test for row in c.test.rows)
        lines = "".join(_answer(comparison, len(own) > 1) for comparison in own)
        items.append(f"<li{' class=told' if told else ''}><h3>{escape(task)}</h3>{lines}</li>")
    return f'<ul class="answers">{"".join(items)}</ul>'


def _answer(comparison: Comparison, is_named: bool) -> str:
    name = f"<b>{escape(title(comparison).removeprefix(f'{comparison.task} · '))}</b> " if is_named else ""
    chosen = choice(comparison)
    return f"<p>{name}{_unbroken(headline(comparison))}{f' {_unbroken(chosen)}' if chosen else ''}</p>"


def _effects(study: Study) -> str:
    parts = [_small(_EFFECT_KEY)]
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


def _scores(study: Study) -> str:
    roles = dict.fromkeys(arm.role for c in study.comparisons for table in c.tables for arm in table.arms)
    keys = "".join(f'<span class="key {escape(role)}"></span>{escape(role)}' for role in roles)
    parts = [_small(f"{keys}; a line marks the mean.")]
    for comparison in study.comparisons:
        for table in comparison.tables[:1]:
            caption = f"{metric_of(table)}; each dot is one run, the value is mean ± standard deviation."
            plot = f"<figure>{score_plot(table)}<figcaption>{escape(caption)}</figcaption></figure>"
            parts.append(f"<h3>{escape(title(comparison))}</h3>{plot}")
    return "".join(parts)


def _tables(study: Study) -> str:
    return "".join(
        f"<h3>{escape(title(comparison))}</h3>{''.join(table_html(t, study.detect) for t in comparison.tables)}"
        for comparison in study.comparisons
    )


def _funnels(study: Study) -> str:
    cards = []
    for comparison, label in _variants(study):
        funnel = comparison.cards[label].get("funnel") or []
        if funnel:
            cards.append(f"<div><h4>{escape(comparison.task)} · {escape(label)}</h4>{funnel_plot(funnel)}</div>")
    return f'<div class="cards">{"".join(cards)}</div>' if cards else ""


def _histograms(study: Study) -> str:
    parts: list[str] = []
    for comparison, label in _variants(study):
        found = comparison.cards[label].get("histograms") or {}
        if found:
            plots = "".join(histogram(name, data) for name, data in found.items())
            name = f"{escape(comparison.task)} · {escape(label)}"
            opened = "" if parts else " open"
            parts.append(f'<details{opened}><summary>{name}</summary><div class="histograms">{plots}</div></details>')
    return "".join(parts)


def _variants(study: Study) -> list[tuple[Comparison, str]]:
    """Each task's variants once, however many models and budgets were trained on them."""
    seen: set[tuple[str, str]] = set()
    found = []
    for comparison in study.comparisons:
        for label, card in comparison.cards.items():
            place = (comparison.task, str(card.get("id", label)))
            if place not in seen:
                seen.add(place)
                found.append((comparison, label))
    return found


def _definitions(study: Study) -> str:
    used = sorted({table.metric for comparison in study.comparisons for table in comparison.tables})
    terms = [*((metric, METRICS[metric]) for metric in used), *DEFINITIONS]
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(text)}</dd>' for name, text in terms)}</dl>"


def _facts(study: Study) -> str:
    lines = "".join(f'<tr><td class="text">{escape(n)}</td><td>{escape(v)}</td></tr>' for n, v in facts(study))
    return f'<table class="facts">{lines}</table>'


def _sentence(comparison: Comparison, text: str) -> str:
    """With its capital unless a filter's name begins it; the heading above names the task."""
    text = text.removeprefix(f"{subject(comparison)}: ")
    begun = text[:1].upper() + text[1:] if text.startswith(("the ", "no ", "nothing ")) else text
    return _unbroken(begun)


def _unbroken(text: str) -> str:
    """Escaped, with no line break inside "p = 0.02"."""
    return escape(text).replace("p = ", "p&nbsp;=&nbsp;").replace("p &lt; ", "p&nbsp;&lt;&nbsp;")
