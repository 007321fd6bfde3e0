"""The W&B run that a curation leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from avcur.corpus import Corpus
from avcur.tracking.artifacts import corpus_artifact, use, variant_artifact
from avcur.tracking.facts import variant_facts
from avcur.tracking.mode import chosen_mode
from avcur.tracking.runs import start_run, survived
from avcur.variants.variant import Variant

_OF_ONE_TASK = ("task", "variant_id", "kept_clips", "kept_hours")


def log_curation(
    mode: str, project: str, filter_name: str, directory: Path, corpus: Corpus, variants: Sequence[Variant],
    funnel: Sequence[Mapping[str, Any]],
) -> None:  # fmt: skip
    """A W&B run of job type "curate": the funnel as a table, counts as its summary, corpus and variants as artifacts.

    `mode` is auto (online with a key or login, else offline), online, offline or disabled. All of it is on disk before,
    so that a failure of W&B is a warning.
    """
    chosen = chosen_mode(mode)
    if chosen == "disabled":
        return
    with survived("this curation"):
        run = start_run(
            chosen, project=project, directory=directory, name=f"curate-{filter_name}", group=f"corpus-{corpus.key}",
            job_type="curate", tags=["curate", filter_name], config=_config(filter_name, corpus, variants),
        )  # fmt: skip
        try:
            _log(run, corpus, variants, funnel)
        finally:
            run.finish()


def _config(filter_name: str, corpus: Corpus, variants: Sequence[Variant]) -> dict[str, Any]:
    """What all variants have in common under flat keys, and a part of each one's card."""
    shared = {k: v for k, v in variant_facts(variants[0]).items() if k not in _OF_ONE_TASK} if variants else {}
    cards = {v.task: {k: v.card[k] for k in ("id", "counts", "recipe")} for v in variants}
    return {**shared, "filter": filter_name, "corpus": corpus.key, "cards": cards}


def _log(run: Any, corpus: Corpus, variants: Sequence[Variant], funnel: Sequence[Mapping[str, Any]]) -> None:
    import wandb

    columns = ["stage", "reason", "clips", "hours"]
    run.log({"funnel": wandb.Table(columns=columns, data=[[row[c] for c in columns] for row in funnel])})
    use(run, corpus_artifact(corpus))
    for variant in variants:
        counts = {f"{variant.task}/{split}_clips": len(variant.rows(split)) for split in ("train", "val", "test")}
        run.summary.update({**counts, f"{variant.task}/kept_hours": variant_facts(variant)["kept_hours"]})
        run.log_artifact(variant_artifact(variant))
