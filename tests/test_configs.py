"""Every config composes, and a group's yaml constructs what the module of its stem defines."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from avcur.configuration import make_filter
from avcur.filters.rules import Rule
from avcur.training.recipe import recipe_key

ROOT = Path(__file__).resolve().parents[1]
CONF = ROOT / "conf"
GROUPS = sorted(p.name for p in CONF.iterdir() if p.is_dir())
OPTIONS = [(p.parent.name, p.stem) for group in GROUPS for p in sorted((CONF / group).glob("*.yaml"))]
PRESETS = {"default", "none", "planted", "curves", "gpu"}
"""Stems that are choices of others, not a constructor of their own."""
AVA = ["source.root=media", "source.annotations=csv"]
NEEDED = {
    ("source", "ava"): AVA,
    ("segment", "ava"): ["source=ava", *AVA],
    ("benchmark", "ava_val"): AVA,
    ("source", "smad"): AVA,
    ("benchmark", "smad"): AVA,
    ("source", "voxceleb"): ["source.root=media"],
    ("benchmark", "vox1_o"): ["source.root=media", "source.trials=list"],
    ("benchmark", "vox1_id"): ["source.root=media", "source.iden_split=list"],
    ("source", "folder"): ["source.root=media"],
    ("source", "audio_library"): ["source.root=media"],
    ("signals", "table"): ["signals.table.path=scores.csv"],
}


SIGNALS = ("face_presence", "laplacian_variance", "speech_ratio")
"""Of the filter `strict`."""


def composed(entry: str, *overrides: str) -> DictConfig:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose(entry, list(overrides), return_hydra_config=False)


def entry_of(group: str) -> str:
    return "train" if group in ("task", "datamodule", "model", "trainer", "logger", "callbacks") else "curate"


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_option_composes(group: str, option: str) -> None:
    entry = entry_of(group)
    base = [] if entry == "curate" or group == "task" else ["task=speaker_id"]
    name = {"filter": "+filter", "visual": "visual@segment.visual", "sync": "sync@signals.sync.backend"}.get(
        group, group
    )
    cfg = composed(entry, *base, f"{name}={option}", *NEEDED.get((group, option), []))
    if group != "benchmark":  # which chooses among other groups and has no entry of its own
        assert group in {"visual": cfg.segment, "sync": cfg.signals}.get(group, cfg)


@pytest.mark.parametrize(
    ("group", "option"), [(g, o) for g, o in OPTIONS if o not in PRESETS and g not in ("filter", "task", "benchmark")]
)
def test_config_stems_equal_module_stems(group: str, option: str) -> None:
    text = (CONF / group / f"{option}.yaml").read_text(encoding="utf-8")
    targets = [
        line.split("_target_:")[1].strip(" }").split(",")[0] for line in text.splitlines() if "_target_:" in line
    ]
    ours = [t for t in targets if t.split(".")[0] in ("avcur", "models", "datamodules")]
    if not ours:
        assert targets, f"conf/{group}/{option}.yaml constructs nothing"
        return
    # The module, its package (a source of several modules), or a function named after the option (loggers).
    names = {part for t in ours for part in t.split(".")} | {t.split(".")[-1].split("_")[0] for t in ours}
    assert option in names


def test_the_empty_filter_stands_in_no_defaults_list() -> None:
    cfg = composed("curate")
    assert OmegaConf.to_container(cfg.filter) == {"name": "none", "rules": {}, "select": []}


def test_a_sweep_reaches_the_thresholds_of_a_filter_and_of_its_control() -> None:
    cfg = composed("curate", "+filter=strict", "filter.rules.laplacian_variance.min=80")
    assert cfg.filter.rules.laplacian_variance.min == 80
    given = ("+filter=strict", "filter.rules.laplacian_variance.min=80", "seed=3")
    for kind, arm in (("true", "control"), ("clean", "clean")):
        control = make_filter(composed("curate", *given, f"control={kind}"), dict.fromkeys(SIGNALS, "anything"))
        assert (control.arm, control.name, control.draw) == (arm, f"{arm}_strict", 3)
        assert control.match is not None
        assert control.match.rules["laplacian_variance"].min == 80
    swept = composed("curate", "+filter=threshold", "threshold.signal=snr", "threshold.min=5")
    assert make_filter(swept, {"snr": "sound"}).rules["threshold"] == Rule("snr", min=5)


@pytest.mark.parametrize("task", ["active_speaker", "audio_type", "av_sync", "speaker_id", "speaker_verification"])
def test_both_kinds_of_budget_have_a_value_of_their_own(task: str) -> None:
    kinds = {kind: composed("train", f"task={task}", f"budget.kind={kind}") for kind in ("steps", "epochs")}
    values = {kind: cfg.budget.value for kind, cfg in kinds.items()}
    assert values["steps"] > values["epochs"] >= 5
    assert len({recipe_key(cfg) for cfg in kinds.values()}) == 2
    given = [f"task={task}", "budget.value=7"]
    keys = {recipe_key(composed("train", *given, *more)) for more in ([], ["budget.epochs=3"], ["budget.steps=3"])}
    assert len(keys) == 1, "what the other kind's budget would be is no part of a recipe"


@pytest.mark.parametrize("model", ["log_mel_cnn", "summary_forest"])
def test_runs_of_two_seeds_have_one_recipe(model: str) -> None:
    given = ["task=audio_type", f"model={model}"]
    assert len({recipe_key(composed("train", *given, f"seed={seed}")) for seed in (0, 1)}) == 1


def test_the_synthetic_corpus_has_planted_defects_and_real_media_has_none() -> None:
    assert composed("curate").defects.media
    assert not composed("curate", "source=folder", "source.root=x").defects.media
    assert not composed("curate", "defects=none").defects.media


def test_a_benchmark_chooses_its_source_with_its_segmenter_and_its_split() -> None:
    for entry, task in (("curate", []), ("train", ["task=active_speaker"])):
        cfg = composed(entry, *task, "benchmark=ava_val", *AVA, "source.video_start=900")
        names = [cfg[group]._target_.rsplit(".", 1)[1] for group in ("source", "segment", "split")]
        assert names == ["AvaSource", "AvaTracks", "Published"]
        assert (cfg.segment.annotations, cfg.segment.video_start) == ("csv", 900)
        assert not cfg.defects.media
        assert cfg.crops == {"geometry": "box", "size": None}
        own = composed(entry, *task, "benchmark=ava_val", *AVA, "crops.geometry=face", "crops.size=64")
        assert own.crops == {"geometry": "face", "size": 64}
    films = composed("train", "task=audio_type", "benchmark=smad", *AVA, "segment.hop=1")
    assert (films.source._target_.rsplit(".", 1)[1], films.source.video_start) == ("SmadSource", 900)
    assert (films.segment.length, films.segment.hop) == (2.0, 1)
    detected = composed("curate", "source=ava", *AVA, "segment=face_tracks")
    assert detected.segment._target_.endswith("FaceTracks")
    assert detected.split._target_.endswith("GroupDisjoint")
    assert composed("curate").segment._target_.endswith("FaceTracks")


def test_a_benchmark_of_voxceleb_names_the_list_that_it_goes_by() -> None:
    for name, option, unit in (("vox1_o", "trials", "identity"), ("vox1_id", "iden_split", "session")):
        for entry, task in (("curate", []), ("train", ["task=speaker_id"])):
            cfg = composed(entry, *task, f"benchmark={name}", "source.root=media", f"source.{option}=list")
            chosen = [cfg[group]._target_.rsplit(".", 1)[1] for group in ("source", "segment", "split")]
            assert chosen == ["VoxCelebSource", "Whole", "Published"]
            assert (cfg.source.needs, cfg.split.unit) == (option, unit)


@pytest.mark.parametrize("path", sorted((ROOT / "experiments" / "experiment").glob("*.yaml")), ids=lambda p: p.stem)
def test_experiments_sweep_over_known_choices(path: Path) -> None:
    cfg = OmegaConf.load(path)
    params = cfg.hydra.sweeper.params
    for group, values in ((k, v) for k, v in params.items() if k.lstrip("+") in GROUPS):
        known = {p.stem for p in (CONF / group.lstrip("+")).glob("*.yaml")}
        assert set(values.split(",")) <= known
    assert "filter" not in cfg
