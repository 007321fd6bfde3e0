"""impact.html: one self-contained page, without scripts and without the network."""

from __future__ import annotations

from html import escape
from pathlib import Path

from avcur.impact.effect import Effect
from avcur.impact.report.plots import effect_plot, funnel_plot, histogram, score_plot
from avcur.impact.report.style import CSS
from avcur.impact.report.words import DEFINITIONS, HOW_TO_READ
from avcur.impact.sentences import (
    answers,
    effect_parts,
    facts,
    is_told,
    metric_of,
    notes,
    p_text,
    share_text,
    title,
)
from avcur.impact.study import ArmScore, Comparison, Row, Study, Table
from avcur.metrics.primary import DEFINITIONS as METRICS
from avcur.store.commit import write_text

_EFFECT_KEY = (
    '<span class="key filled"></span>against random sets of its size'
    '<span class="key open"></span>against the whole pool'
    '<span class="key bar"></span>too small to be found 8 times in 10'
)


def write_page(path: Path, study: Study) -> None:
    """Write the report of a study."""
    write_text(path, page(study))


def page(study: Study) -> str:
    """The whole page as HTML."""
    body = "".join(
        (_head(study), _answers(study), _effects(study), _scores(study), _tables(study), _funnels(study),
         _histograms(study), _reading(), _definitions(study), _facts(study))
    )  # fmt: skip
    viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{viewport}'
        f"<title>{escape(study.name)}: what curation was worth</title><style>{CSS}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _head(study: Study) -> str:
    tasks = len({comparison.task for comparison in study.comparisons})
    count = f"{study.num_runs} runs, {tasks} task{'s' if tasks != 1 else ''}"
    return (
        f'<h1>What curation was worth: {escape(study.name)}</h1><p class="lead">{count}. Every effect is measured '
        "against random sets of the same size.</p>"
    )


def _answers(study: Study) -> str:
    items = []
    for comparison in study.comparisons:
        told = any(is_told(row) for table in comparison.tables[:1] for row in table.rows)
        prefix = f"{comparison.task}: "
        lines = "".join(f"<p>{_sentence(line.removeprefix(prefix))}</p>" for line in answers(comparison))
        items.append(f"<li{' class=told' if told else ''}><h3>{escape(title(comparison))}</h3>{lines}</li>")
    return f'<ul class="answers">{"".join(items)}</ul>'


def _effects(study: Study) -> str:
    parts = ["<h2>Effects</h2>", f'<p class="small">{_EFFECT_KEY}</p>']
    for comparison in study.comparisons:
        parts.append(f"<h3>{escape(title(comparison))}</h3>")
        parts += [_effect_figure(table) for table in comparison.tables if table.rows]
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
    keys = "".join(f'<span class="key {role}"></span>{role}' for role in ("raw", "curated", "oracle", "control"))
    parts = ["<h2>Scores of every run</h2>", f'<p class="small">{keys}; a line marks the mean.</p>']
    for comparison in study.comparisons:
        for table in comparison.tables[:1]:
            caption = f"{metric_of(table)}; each dot is one run, the value is mean ± standard deviation."
            plot = f"<figure>{score_plot(table)}<figcaption>{caption}</figcaption></figure>"
            parts.append(f"<h3>{escape(title(comparison))}</h3>{plot}")
    return "".join(parts)


def _tables(study: Study) -> str:
    parts = ["<h2>Table</h2>"]
    for comparison in study.comparisons:
        parts.append(f"<h3>{escape(title(comparison))}</h3>")
        parts += [_table(table) for table in comparison.tables]
    return "".join(parts)


def _table(table: Table) -> str:
    names = ("runs", f"{table.name}/{table.metric}", "clips", "vs control", "vs raw", "p (Holm)", "share recovered")
    heads = '<th class="text">arm</th>' + "".join(f"<th>{name}</th>" for name in names)
    rows = {(row.role, row.variant_id): row for row in table.rows}
    lines = "".join(_line(arm, rows.get((arm.role, arm.variant_id))) for arm in table.arms)
    what = "all test clips" if table.name == "test" else "test clips without a planted defect"
    head = f"<caption>{table.name}: {what}, {table.num_groups} groups</caption><thead><tr>{heads}</tr></thead>"
    return f'<div class="scroll"><table>{head}<tbody>{lines}</tbody></table></div>'


def _line(arm: ArmScore, row: Row | None) -> str:
    role = "" if arm.role == arm.label else f"<span>{arm.role}</span>"
    name = f'<td class="text"><b>{escape(arm.label)}</b>{role}</td>'
    spread = "" if arm.sd is None else f"<span>± {arm.sd:.3f}</span>"
    size = "" if arm.kept_clips is None else f"{arm.kept_clips:.0f}"
    if arm.kept_hours is not None:
        size += f"<span>{60 * arm.kept_hours:.1f} min</span>"
    cells = f"{name}<td>{len(arm.values)}</td><td>{arm.mean:.3f}{spread}</td><td>{size}</td>"
    if row is None:
        return f'<tr class="{arm.role}">{cells}<td></td><td></td><td></td><td></td></tr>'
    share, _, rest = share_text(row.share).partition("\n")
    cells += f"<td>{_cell(row.vs_control)}</td><td>{_cell(row.vs_raw)}</td><td>{escape(p_text(row))}</td>"
    return f'<tr class="{arm.role}">{cells}<td class="why">{escape(share)}<span>{escape(rest)}</span></td></tr>'


def _cell(effect: Effect | None) -> str:
    first, *rest = effect_parts(effect)
    return f"<b>{escape(first)}</b>" + "".join(f"<span>{escape(line)}</span>" for line in rest)


def _funnels(study: Study) -> str:
    cards = []
    for comparison, label in _variants(study):
        funnel = comparison.cards[label].get("funnel") or []
        if funnel:
            cards.append(f"<div><h4>{escape(comparison.task)} · {escape(label)}</h4>{funnel_plot(funnel)}</div>")
    if not cards:
        return ""
    text = "Where the clips went. Only training clips are judged; held-out clips are the same for every arm."
    return f'<h2>Funnels</h2><p class="small">{text}</p><div class="cards">{"".join(cards)}</div>'


def _histograms(study: Study) -> str:
    parts: list[str] = []
    for comparison, label in _variants(study):
        found = comparison.cards[label].get("histograms") or {}
        if found:
            plots = "".join(histogram(name, data) for name, data in found.items())
            name = f"{escape(comparison.task)} · {escape(label)}"
            opened = "" if parts else " open"
            parts.append(f'<details{opened}><summary>{name}</summary><div class="histograms">{plots}</div></details>')
    if not parts:
        return ""
    keys = '<span class="key bar curated" style="background:var(--curated)"></span>kept'
    keys += '<span class="key bar" style="background:var(--rejected)"></span>rejected, stacked on top'
    return f'<h2>Signals of kept and rejected clips</h2><p class="small">{keys}</p>{"".join(parts)}'


def _variants(study: Study) -> list[tuple[Comparison, str]]:
    """Each task's variants once, however many models and budgets were trained on them."""
    seen: set[tuple[str, str]] = set()
    found = []
    for comparison in study.comparisons:
        for label in comparison.cards:
            if (comparison.task, label) not in seen:
                seen.add((comparison.task, label))
                found.append((comparison, label))
    return found


def _reading() -> str:
    return "<h2>How to read this</h2>" + "".join(f"<p>{text}</p>" for text in HOW_TO_READ)


def _definitions(study: Study) -> str:
    used = sorted({table.metric for comparison in study.comparisons for table in comparison.tables})
    terms = [*((metric, METRICS[metric]) for metric in used), *DEFINITIONS]
    entries = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in terms)
    return f"<h2>Definitions</h2><dl>{entries}</dl>"


def _facts(study: Study) -> str:
    lines = "".join(f'<tr><td class="text">{escape(n)}</td><td>{escape(v)}</td></tr>' for n, v in facts(study))
    return f'<h2>Facts</h2><table class="facts">{lines}</table>'


def _sentence(text: str) -> str:
    """With its capital unless a filter's name begins it, and no line break inside "p = 0.02"."""
    begun = text[:1].upper() + text[1:] if text.startswith(("the ", "no ", "nothing ")) else text
    return escape(begun).replace("p = ", "p&nbsp;=&nbsp;").replace("p &lt; ", "p&nbsp;&lt;&nbsp;")
