"""Corpus, variant and model as W&B artifacts, with the lineage from one to the next.

A curation uses the corpus and logs variants; a training run uses its variant and logs a model. To use an artifact, a
run records it with its files and the mark "use after commit". W&B keeps one version of equal content under a name, so
that the variant of a training run is the one that the curation logged, and its page shows both.

Offline, `Run.use_artifact` refuses. The record that it makes online can be written all the same, and is: `wandb sync`
commits the artifact, then marks the run as a user of it. Two things to know: sync curations before training runs, for
the run that is uploaded first counts as the maker of a version; and what is on disk counts at the time of the sync, for
manifests, predictions and weights are referred to where they lie (cards and results are copied to W&B's own folder).
The config of every run names its corpus and variant too, whatever becomes of the artifacts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avcur.corpus import Corpus
from avcur.store.keys import digest
from avcur.tracking.facts import variant_facts
from avcur.variants.variant import Variant

LARGEST_TABLE = 10_000_000
"""Bytes of a corpus's table that still goes along: what a corpus is, not its data."""
_LONGEST_NAME = 128
"""Characters of an artifact's name that W&B allows."""


def corpus_artifact(corpus: Corpus) -> Any | None:
    """How a corpus was made, and its tables of recordings and clips where small; None for one never saved."""
    if corpus.directory is None:
        return None
    clips = corpus.clips
    artifact = _artifact(f"corpus-{corpus.key}", "corpus", {
        "key": corpus.key, "recordings": len(corpus.recordings), "clips": len(clips),
        "failed_recordings": len(corpus.recordings.filter(state="failed")),
        "hours": float((clips["end"] - clips["start"]).sum()) / 3600,
        "planted_truth": corpus.truth is not None,
    })  # fmt: skip
    _add(artifact, corpus.directory / "corpus.json")
    for name in ("recordings.parquet", "clips.parquet"):
        path = corpus.directory / name
        if path.is_file() and path.stat().st_size <= LARGEST_TABLE:
            _add(artifact, path)
    return artifact


def variant_artifact(variant: Variant) -> Any:
    """A variant's card and manifest; which corpus and filter it comes of, and its counts, are its metadata."""
    facts = {**variant_facts(variant), "counts": variant.card.get("counts") or {}}
    artifact = _artifact(f"variant-{variant.id[:16]}", "variant", facts)
    _add(artifact, variant.directory / "card.json")
    _add(artifact, variant.directory / "manifest.csv", stays=True)
    return artifact


def model_artifact(name: str, directory: Path, result: Mapping[str, Any]) -> Any:
    """What a run left: result.json, predictions.parquet and, where they were kept, the weights."""
    key = result["primary_metric"]
    names = ("study", "task", "model", "arm", "filter", "seed", "variant_id", "recipe")
    facts = {**{n: result[n] for n in names}, key: result["metrics"].get(key)}
    artifact = _artifact(f"model-{result['study']}-{name}", "model", facts)
    _add(artifact, directory / "result.json")
    for file in (result["predictions"], result.get("checkpoint")):
        if file:
            _add(artifact, directory / file, stays=True)
    return artifact


def files_artifact(name: str, kind: str, facts: Mapping[str, Any], *paths: Path) -> Any:
    """An artifact of those of some files that there are."""
    artifact = _artifact(name, kind, facts)
    for path in paths:
        _add(artifact, path)
    return artifact


def use(run: Any, artifact: Any | None) -> None:
    """Record an artifact, where there is one, as what a run was made from; of offline runs the module's words."""
    if artifact is None:
        return
    if run.offline:
        run._log_artifact(artifact, is_user_created=True, use_after_commit=True)
    else:
        run.use_artifact(artifact)


def _artifact(name: str, kind: str, facts: Mapping[str, Any]) -> Any:
    """An empty artifact of a name that W&B allows."""
    import wandb

    return wandb.Artifact(artifact_name(name), type=kind, metadata=dict(facts))


def artifact_name(name: str) -> str:
    """A name in letters, digits and `-_.`; one that is too long is cut and told from its like by a hash of the whole.

    A name ends in what tells runs apart, the seed, so that a mere cut would make many runs versions of one artifact.
    """
    allowed = re.sub(r"[^\w.-]", "-", name, flags=re.ASCII)
    return allowed if len(allowed) <= _LONGEST_NAME else f"{allowed[: _LONGEST_NAME - 9]}-{digest(name)[:8]}"


def _add(artifact: Any, path: Path, stays: bool = False) -> None:
    """Add a file where there is one; `stays`: it is large or its name says its content, so that no copy is kept."""
    if path.is_file():
        artifact.add_file(str(path), policy="immutable" if stays else "mutable", skip_cache=True)
