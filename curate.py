"""Measure a source and make a dataset variant: `python curate.py +filter=strict`."""

from __future__ import annotations

import os

# Before torch starts its threads: threads that spin while they wait make a busy machine many times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from avcur import configuration as conf
from avcur.curate_command import clean_command
from avcur.detection.words import sentence
from avcur.detection.write import write_detection
from avcur.entry import cleanly
from avcur.errors import UserError
from avcur.explorer.write import write_explorers
from avcur.pipeline import Pipeline
from avcur.preview.write import write_previews
from avcur.splits.published import Published
from avcur.summary import corpus_funnel, print_summary
from avcur.tasks import task_named
from avcur.tracking.curation import log_curation
from avcur.tracking.mode import check_mode


@hydra.main(version_base="1.3", config_path="conf", config_name="curate")
@cleanly
def main(cfg: DictConfig) -> None:
    """Check the config, measure what is not measured yet, then query the variants and say what became of all clips."""
    named = None if cfg.tasks is None else [task_named(name) for name in conf.names(cfg.tasks)]
    check_mode(cfg.wandb)
    conf.check_choices(cfg)
    signals = conf.make_signals(cfg)
    known = conf.known_signals(signals)
    filter_ = conf.make_filter(cfg, known)
    conf.check_present(filter_, signals)
    split = conf.construct(cfg.split)
    source, defects = conf.make_source(cfg)
    if named is not None:
        conf.check_labels(cfg, named, defects.source if defects else source)  # before defects are planted
    if isinstance(split, Published):
        split.check_source(source.recordings())
    engine = conf.construct(cfg.engine)
    stages = conf.make_stages(cfg, signals)
    pipeline = Pipeline(stages, Path(cfg.paths.data) / "cache", conf.make_crops(cfg), engine, cfg.retry_failed)
    corpus = pipeline.run(source, conf.corpus_key(cfg), truth=defects.truth if defects else None)
    if unmeasured := corpus.nothing_measured():
        raise UserError(unmeasured)
    tasks = named or conf.with_speakers(cfg, corpus, signals).tasks() or [None]
    if conf.crops_are_wanted(cfg, tasks):
        corpus = pipeline.write_crops(corpus)
        print(f"face crops: {corpus.clips['crop_path'].count()}, where crop_path of a variant's manifest.csv says")
    corpus = corpus.save(conf.corpora_dir(cfg), conf.corpus_configuration(cfg))

    clean_run = clean_command(cfg, list(HydraConfig.get().overrides.task))
    builder = conf.make_builder(cfg, corpus, signals, split, clean_run=clean_run)
    variants = [builder.build(filter_, task) for task in tasks]
    funnels = {variant.task: variant.card["funnel"] for variant in variants}
    everything = corpus_funnel(corpus, builder.funnel_of_everything(filter_))
    print_summary(corpus, pipeline.tally, variants, {"corpus": everything, **funnels})
    if cfg.preview:
        videos = Path(cfg.paths.data) / "previews" / corpus.key
        for sheet in write_previews(pipeline, corpus, variants, videos):
            print(f"contact sheet: {sheet}")
        print(f"videos with boxes: {videos}")
    if cfg.explorer:
        built, told = zip(tasks, variants, strict=True), list(HydraConfig.get().overrides.task)
        for page in write_explorers(builder, conf.plain(cfg, "filter"), built, told, cfg.seed, cfg.ablation):
            print(f"explorer: {page}")
    if (found := write_detection(corpus, defects, builder, filter_, tasks)) is not None:
        print(sentence(found, corpus.directory))
    log_curation(cfg.wandb, cfg.project, cfg.filter.name, Path(cfg.paths.data), corpus, variants, everything)


if __name__ == "__main__":
    main()
