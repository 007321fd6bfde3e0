"""Train a task on a dataset variant: `python train.py task=speaker_id +filter=strict seed=0`."""

from __future__ import annotations

import os
import sys

# Before torch starts its threads: threads that spin while they wait make a busy machine many times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from avcur import configuration as conf
from avcur.corpus import Corpus
from avcur.curate_command import clean_command, curate_command
from avcur.entry import cleanly, finish, with_task_for_help
from avcur.errors import UserError
from avcur.tasks import task_named
from avcur.training.run_record import RunRecord, finished_run
from avcur.variants.variant import Variant, find_variant

_runs: list[tuple[DictConfig, Variant, dict[str, Any]]] = []
"""What this process has trained, as far as it tells one run from several: a sweep runs in one process."""


def variant_of(cfg: DictConfig) -> Variant:
    """The variant to train on: the named one, or the configured filter's, queried from the measured corpus."""
    if cfg.variant is not None:
        conf.check_alone(cfg)
        return find_variant(Path(cfg.paths.data) / "variants", str(cfg.variant), task_named(cfg.task.name).name)
    signals = conf.make_signals(cfg)
    filter_ = conf.make_filter(cfg, conf.known_signals(signals))
    split = conf.construct(cfg.split)
    overrides = list(HydraConfig.get().overrides.task)
    command = curate_command(cfg, overrides, alone=HydraConfig.get().mode != RunMode.MULTIRUN)
    corpus = Corpus.load(conf.corpora_dir(cfg), conf.corpus_key(cfg), command)
    builder = conf.make_builder(cfg, corpus, signals, split, command, clean_command(cfg, overrides))
    return builder.build(filter_, task_named(cfg.task.name))


@hydra.main(version_base="1.3", config_path="conf", config_name="train")
@cleanly
def main(cfg: DictConfig) -> None:
    """Make the variant (a query; nothing is measured), and train one run on it, or do what another mode says."""
    # Imported where they are used: worker processes import this file too, and do without Lightning.
    match cfg.mode:
        case "train":
            train(cfg)
        case "evaluate":
            from avcur.training.evaluate import evaluate

            evaluate(cfg, variant_of(cfg))
        case "embed":
            from avcur.training.embed import embed

            embed(cfg, variant_of(cfg))
        case "predict":
            from avcur.prediction.run import predict

            predict(cfg)
        case _:
            raise UserError(f"mode={cfg.mode}: choose train, evaluate, embed or predict")


def train(cfg: DictConfig) -> None:
    """One run, and a line that says what it scored."""
    variant = variant_of(cfg)
    if (result := finished_run(cfg, RunRecord.of(cfg, variant))) is None:
        from avcur.training.runner import run  # torch and Lightning, which a sweep that only skips runs does without

        result = run(cfg, variant)
    key = result["primary_metric"]
    note = " (within-session, optimistic)" if variant.card["split_unit"] == "utterance" else ""
    if len(_runs) < 2:
        _runs.append((cfg, variant, result))
    print(f"{cfg.task.name} {variant.filter_name} seed {cfg.seed}: {key} {result['metrics'][key]:.3f}{note}")


def show_single_run() -> None:
    """All metrics of a run that was the only one, a sweep of one too, with what they mean."""
    from avcur.training.metrics_table import print_metrics

    if len(_runs) == 1:
        print_metrics(*_runs[0])


if __name__ == "__main__":
    with_task_for_help(sys.argv)
    main()
    show_single_run()
    finish()
