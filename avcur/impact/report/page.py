"""impact.html: one self-contained page, without scripts and without the network."""

from __future__ import annotations

from html import escape
from pathlib import Path

from avcur.impact.report.cost import cost
from avcur.impact.report.curves import curves
from avcur.impact.report.detection import corpus_folders, detection
from avcur.impact.report.effects_page import effects
from avcur.impact.report.first_screen import first_screen
from avcur.impact.report.gallery import placed
from avcur.impact.report.gallery_page import gallery
from avcur.impact.report.groups import removed
from avcur.impact.report.plots import score_plot
from avcur.impact.report.style import CSS
from avcur.impact.report.tables import table_html
from avcur.impact.report.variants import funnels, histograms
from avcur.impact.report.words import DEFINITIONS, HOW_TO_READ, INTRODUCTIONS
from avcur.impact.sentences import facts, metric_of, title
from avcur.impact.study import Study
from avcur.metrics.primary import DEFINITIONS as METRICS
from avcur.store.commit import write_text

MOST_THUMBNAILS = 200
_SHORT = {
    "Signals of kept and rejected clips": "Signals",
    "Scores of every run": "Scores",
    "How to read this": "How to read",
}
"""Headings as they stand in the row of links."""


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
        f"<body><main>{first_screen(study)}<nav>{links}</nav>{body}</main></body></html>\n"
    )


def _sections(study: Study, study_dir: Path | None, page_dir: Path, thumbnails: int) -> list[tuple[str, str]]:
    """Every section by its heading, those with nothing to show empty."""
    corpora = {} if study_dir is None else placed(corpus_folders(study), study_dir)
    return [
        ("Effects", effects(study)),
        ("Curves", curves(study)),
        ("Who was removed", removed(study)),
        ("Funnels", funnels(study)),
        ("Signals of kept and rejected clips", histograms(study)),
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


def _definitions(study: Study) -> str:
    used = sorted({table.metric for comparison in study.comparisons for table in comparison.tables})
    terms = [*((metric, METRICS[metric]) for metric in used), *DEFINITIONS]
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(text)}</dd>' for name, text in terms)}</dl>"


def _facts(study: Study) -> str:
    lines = "".join(f'<tr><td class="text">{escape(n)}</td><td>{escape(v)}</td></tr>' for n, v in facts(study))
    return f'<table class="facts">{lines}</table>'
