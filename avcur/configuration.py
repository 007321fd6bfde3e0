"""From a composed Hydra config to the objects of the pipeline: what curate.py and train.py share."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import hydra.utils
import polars as pl
from omegaconf import DictConfig, OmegaConf

from avcur.corpus import Corpus
from avcur.crops.geometry import Geometry, geometry_named
from avcur.defects.dose import dose, dosed
from avcur.defects.plant import DefectiveSource
from avcur.errors import UserError, check_number
from avcur.filters.ablation import ablated
from avcur.filters.filter import Filter
from avcur.filters.rules import not_measured
from avcur.segment.ava import AvaTracks
from avcur.segment.metafile import Metafile
from avcur.signals.base import Reads, Signal
from avcur.signals.options import Options
from avcur.sources import asked_labels
from avcur.sources.base import TRUTH_SCHEMA, Source, Subset
from avcur.splits.base import Split
from avcur.stage import Stages
from avcur.store.keys import digest
from avcur.tasks import Task
from avcur.training.label_confidence import LabelConfidence, check_settings, doubts_labels, with_own_seed
from avcur.variants import doubts
from avcur.variants.build import VariantBuilder
from avcur.variants.speaker_labels import SpeakerLabels
from avcur.weights import Checkpoint

_log = logging.getLogger(__name__)

CORPUS_GROUPS = ("source", "subset", "defects", "standardise", "segment", "crops", "signals")
"""The config groups that what is measured depends on; split, filter, task and seed are not among them."""
_CHOOSING = {"control": False, "ablation": None, "train_share": 1.0}
"""The entries, with their defaults, by which a filter's variant becomes another one."""
_CHECKPOINT = f"avcur.weights.{Checkpoint.__name__}"
_NOT_CONTENT = ("num_workers", "device", "batch_size", "root_dir", "folder", "cache")
"""Entries that change how fast a result comes and not what it is."""


def plain(cfg: DictConfig, key: str) -> Any:
    """A part of the config as plain, resolved data."""
    return OmegaConf.to_container(cfg[key], resolve=True, throw_on_missing=True)


def names(value: Any) -> list[str]:
    """A list of names from the command line, which may be a single one."""
    return [value] if isinstance(value, str) else [str(name) for name in value]


def corpus_configuration(cfg: DictConfig) -> dict[str, Any]:
    """The part of the config that a measured corpus depends on, without what only changes its speed."""

    def strip(value: Any) -> Any:
        if isinstance(value, Mapping) and value.get("_target_") == _CHECKPOINT:
            return {"sha256": construct(OmegaConf.create(dict(value))).key()}  # what it is, not where it lies
        if isinstance(value, Mapping):
            return {k: strip(v) for k, v in value.items() if k not in _NOT_CONTENT}
        return [strip(v) for v in value] if isinstance(value, list) else value

    stripped: dict[str, Any] = strip(
        {**{group: plain(cfg, group) for group in CORPUS_GROUPS}, "defects": defects_of(cfg)}
    )
    # Label defects are planted on rows when a variant is made, so they measure nothing again; nor does a seed of none.
    media = stripped["defects"]["media"]
    stripped["defects"] = {"media": media, "seed": stripped["defects"]["seed"] if media else 0}
    return stripped


def defects_of(cfg: DictConfig) -> dict[str, Any]:
    """What is planted: media and labels, by name, and their seed; `defects.only` and `.rate` are worked in."""
    return dosed(plain(cfg, "defects"))


def corpus_key(cfg: DictConfig) -> str:
    """The name under which a corpus of this configuration is stored."""
    return digest(corpus_configuration(cfg))[:16]


def corpora_dir(cfg: DictConfig) -> Path:
    return Path(cfg.paths.data) / "measured"


def construct(node: DictConfig) -> Any:
    """The object that a config node describes, its lists and mappings as plain Python."""
    return hydra.utils.instantiate(node, _convert_="all")


def _instances(nodes: DictConfig | None) -> dict[str, Any]:
    """Each entry constructed by itself: a mapping instantiated whole would wrap dataclasses into configs."""
    return {str(name): construct(node) for name, node in (nodes or {}).items()}


def _planters(cfg: DictConfig, kind: str) -> dict[str, Any]:
    """The configured planters of defects in `media` or `labels`; none where that entry is null or left out."""
    nodes = defects_of(cfg)[kind]
    for name, node in nodes.items():
        if "_target_" not in node:
            raise UserError(f"defects.{kind}.{name} is only known to defects=planted; give that too")
    return {name: construct(OmegaConf.create(node)) for name, node in nodes.items()}


def make_source(cfg: DictConfig) -> tuple[Source, DefectiveSource | None]:
    """The configured source, and its defect-planting wrapper where media defects are configured."""
    source: Source = Subset(construct(cfg.source), **plain(cfg, "subset"))
    planters = _planters(cfg, "media")
    if not planters:
        return source, None
    defective = DefectiveSource(source, planters, seed=cfg.defects.seed, root=Path(cfg.paths.data) / "defective")
    return defective, defective


def make_signals(cfg: DictConfig) -> dict[str, Signal]:
    """The configured signal families by their config name; a UserError where two name one column."""
    signals: dict[str, Signal] = _instances(cfg.signals)
    owners = dict.fromkeys(doubts.COLUMNS, "label_confidence")
    for name, signal in signals.items():
        for column in signal.columns:
            if column in owners:
                raise UserError(f"Signals {owners[column]!r} and {name!r} both give {column!r}; rename one")
            owners[column] = name
    return signals


def make_stages(cfg: DictConfig, signals: Mapping[str, Signal]) -> Stages:
    standardise, segment = construct(cfg.standardise), construct(cfg.segment)
    if isinstance(segment, Metafile | AvaTracks) and cfg.standardise.size is not None:
        raise UserError("The segmenter has boxes of the recording's own picture; leave out standardise.size")
    return Stages(standardise, segment, dict(signals))


def make_crops(cfg: DictConfig) -> Geometry:
    """The geometry of face crops, at another size where one is given."""
    return geometry_named(cfg.crops.geometry, cfg.crops.size)


def crops_are_wanted(cfg: DictConfig, tasks: Sequence[Task | None]) -> bool:
    """Whether to write face crops: where a task reads them, or as `write_crops` says."""
    if cfg.write_crops == "auto":
        return any(task is not None and task.reads_crops for task in tasks)
    return bool(cfg.write_crops == "always")


def check_choices(cfg: DictConfig) -> None:
    """A UserError, before any work, for an entry of curate's own that is none of its choices."""
    crops, switch = ("auto", "always", "never"), (True, False)
    for name, choices in (("write_crops", crops), ("preview", switch), ("explorer", switch)):
        if cfg[name] not in choices:
            words = [str(choice).lower() for choice in choices]
            raise UserError(f"{name}={cfg[name]}: choose {', '.join(words[:-1])} or {words[-1]}")


def known_signals(signals: Mapping[str, Signal]) -> dict[str, Reads]:
    """Each signal column and what it is measured on; those that doubt labels too, which no corpus has."""
    return {**{column: signal.reads for signal in signals.values() for column in signal.columns}, **doubts.READS}


def filter_body(cfg: DictConfig) -> dict[str, Any]:
    """The configured filter as plain data, without what `ablation` leaves out."""
    return ablated(plain(cfg, "filter"), cfg.ablation)


def make_filter(cfg: DictConfig, known: Mapping[str, Reads]) -> Filter:
    """The configured filter, or its control; its signals and those settings that it looks at are checked first."""
    filter_ = Filter.parse(filter_body(cfg)).control(cfg.control, int(cfg.seed))
    _check_measured(filter_, [str(name) for name in cfg.signals or ()], known)
    filter_.check(known)
    if doubts.asked_for(filter_):
        check_settings(cfg.label_confidence)
    return filter_


def _check_measured(filter_: Filter, families: Sequence[str], known: Mapping[str, Reads]) -> None:
    """A UserError that says how to measure what the filter needs, where it is a signal that was not chosen.

    What no option of `signals` gives is left to `Filter.check`, which calls it unknown.
    """
    unmeasured = [column for column in dict.fromkeys(filter_.columns) if column not in known]
    options = Options.read() if unmeasured else Options({})
    add = [option for column in unmeasured if (option := options.of(column)) is not None]
    if not unmeasured or len(add) < len(unmeasured):
        return
    rules = (filter_.match or filter_).rules
    without = [f"filter.rules.{name}=null" for name, rule in rules.items() if rule.signal in unmeasured]
    if not {rule.signal for rule in rules.values()}.issuperset(unmeasured):
        without.append("the steps of filter.select that look at it")
    raise not_measured(unmeasured, options.chosen(families), list(dict.fromkeys(add)), without)


def check_labels(cfg: DictConfig, tasks: Sequence[Task], source: Source) -> None:
    """A UserError, before any work, for a task whose label neither the source nor the speaker labels can give."""
    other = any(plain(cfg, "speaker_labels").values())
    asked_labels.check_labels(tasks, source, other)


def check_present(filter_: Filter, signals: Mapping[str, Signal]) -> None:
    """A UserError, before any work, where the filter needs a signal that can measure nothing here.

    Weights are fetched now if they can be. Other signals that lack theirs are named in a warning: their columns are not
    applicable.
    """
    for name, signal in signals.items():
        if signal.absent is None:
            continue
        if needed := [column for column in filter_.columns if column in signal.columns]:
            raise UserError(f"Filter {filter_.name!r} needs {needed[0]!r}, which cannot be measured: {signal.absent}")
        _log.warning("signals.%s measures nothing: %s", name, signal.absent)


def with_speakers(cfg: DictConfig, corpus: Corpus, signals: Mapping[str, Signal]) -> Corpus:
    """The measured corpus with the configured speaker labels: of this run's variants, never of what is stored."""
    measured = [column for signal in signals.values() for column in signal.columns]
    return SpeakerLabels.of(plain(cfg, "speaker_labels")).applied(corpus, measured)


def make_builder(
    cfg: DictConfig, corpus: Corpus, signals: Mapping[str, Signal], split: Split, first_run: str | None = None,
    clean_run: str | None = None,
) -> VariantBuilder:  # fmt: skip
    """The variant builder of a corpus under a split and the configured label defects.

    With `first_run`, the command that measures, it measures nothing itself: label confidence that is not there yet is a
    UserError with that command. `clean_run` is the one that measures the media without planted defects.
    """
    learned = {name: signal.learned for name, signal in signals.items() if signal.learned is not None}
    doubting = with_own_seed(cfg)
    planted = defects_of(cfg)
    recipe = {**corpus_configuration(cfg), "split": plain(cfg, "split"), "defects": planted, "filter": filter_body(cfg)}
    recipe |= {"label_confidence": plain(doubting, "label_confidence")} if doubts_labels(cfg) else {}
    if said := SpeakerLabels.of(plain(cfg, "speaker_labels")).recipe():
        recipe["speaker_labels"] = said
    return VariantBuilder(
        with_speakers(cfg, _with_truth(cfg, corpus), signals), split, known_signals(signals),
        Path(cfg.paths.data) / "variants", _planters(cfg, "labels"), learned, planted["seed"], recipe,
        LabelConfidence(doubting.label_confidence, Path(cfg.paths.data) / "label_confidence", first_run),
        condition=condition_of(cfg), train_share=float(cfg.train_share), seed=int(cfg.seed),
        clean=functools.partial(_clean_corpus, cfg, signals, clean_run) if planted["media"] else None,
    )  # fmt: skip


def condition_of(cfg: DictConfig) -> dict[str, str | float]:
    """What of the data, beside the filter, a study varies: a defect and its rate, or the share of the training rows."""
    check_number("train_share", cfg.train_share, least=0, most=1)
    share = {"train_share": float(cfg.train_share)} if cfg.train_share != 1 else {}
    return {**dose(plain(cfg, "defects")), **share}


def _with_truth(cfg: DictConfig, corpus: Corpus) -> Corpus:
    """The corpus with a truth where defects are dosed: at rate 0 it is the untouched one, which has none of its own."""
    if corpus.truth is not None or not cfg.defects.get("only"):
        return corpus
    return replace(corpus, truth=pl.DataFrame(schema=TRUTH_SCHEMA))


def _clean_corpus(cfg: DictConfig, signals: Mapping[str, Signal], clean_run: str | None) -> Corpus:
    """The same media measured without planted defects; a UserError with the command where it is not measured yet."""
    clean: DictConfig = OmegaConf.create(cfg)
    clean.defects = {"media": {}, "labels": {}, "seed": 0}
    command = clean_run or "the same command with defects=none"
    try:
        return with_speakers(cfg, Corpus.load(corpora_dir(cfg), corpus_key(clean), command), signals)
    except UserError as error:
        raise UserError(f"control=clean draws from the media without planted defects: {error}") from error


def check_alone(cfg: DictConfig) -> None:
    """A UserError where a variant is named, and something that would have made another one of it is asked for too."""
    asked = {name: cfg[name] for name, usual in _CHOOSING.items() if cfg[name] != usual}
    if cfg.filter.name != "none" or cfg.filter.rules:
        asked["filter"] = cfg.filter.name
    for name, value in asked.items():
        given = f"{name}={str(value).lower() if isinstance(value, bool) else value}"
        raise UserError(
            f"variant={cfg.variant} is trained on as it is, so {given} would change nothing; leave one of the two out"
        )
