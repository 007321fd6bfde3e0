"""What configs stand for: a corpus's key, and the command that measures what a run needs."""

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from avcur.configuration import (
    check_labels,
    condition_of,
    corpus_configuration,
    corpus_key,
    known_signals,
    make_builder,
    make_filter,
    make_signals,
    make_source,
    make_stages,
)  # fmt: skip
from avcur.curate_command import clean_command, curate_command
from avcur.errors import UserError
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.tasks import TASKS
from avcur.variants.doubts import COLUMNS
from tests.helpers.ava import rows, write_rows
from tests.helpers.tables import speaker_corpus

CONF = Path(__file__).resolve().parents[1] / "conf"
CHECKPOINT = "signals.sync.backend.checkpoint.path"


def composed(*overrides: str) -> DictConfig:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("train", ["task=av_sync", *overrides])


def test_the_command_that_measures_has_what_is_measured_and_nothing_else() -> None:
    overrides = ["sync@signals.sync.backend=syncnet", "source=folder", "source.root=x", "seed=3", "+filter=in_sync"]
    command = curate_command(composed(*overrides), overrides)
    measured = "sync@signals.sync.backend=syncnet source=folder source.root=x 'tasks=[av_sync]' +filter=in_sync"
    assert command == f"python curate.py {measured}"


def test_the_command_that_measures_a_benchmark_names_it() -> None:
    overrides = ["benchmark=ava_val", "source.root=x", "source.annotations=y", "model.width=8"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("train", ["task=active_speaker", *overrides[:3]])
    measured = "benchmark=ava_val source.root=x source.annotations=y 'tasks=[active_speaker]'"
    assert curate_command(cfg, overrides) == f"python curate.py {measured}"


def test_boxes_of_the_recordings_own_picture_forbid_another_one(tmp_path: Path) -> None:
    write_rows(tmp_path / "train" / "v-activespeaker.csv", rows("v", "1", 1.0, 5))
    cfg = composed("source=ava", f"source.annotations={tmp_path}", "source.root=x", "standardise.size=224")
    with pytest.raises(UserError, match=r"leave out standardise\.size"):
        make_stages(cfg, {})


def test_a_corpus_goes_by_the_bytes_of_a_checkpoint_and_not_by_its_path(tmp_path: Path) -> None:
    def key(path: Path) -> str:
        return corpus_key(composed("sync@signals.sync.backend=av_sync", f"{CHECKPOINT}={path}"))

    for name, value in (("a", 1.0), ("b", 1.0), ("c", 2.0)):
        torch.save({"state_dict": {"x": torch.tensor(value)}}, tmp_path / "archive.pt")
        (tmp_path / "archive.pt").rename(tmp_path / f"{name}.pt")
    first = key(tmp_path / "a.pt")
    assert first == key(tmp_path / "b.pt")
    assert first != key(tmp_path / "c.pt")
    (tmp_path / "c.pt").replace(tmp_path / "a.pt")
    assert key(tmp_path / "a.pt") != first


@pytest.mark.parametrize("folder", ["a", "b"])
def test_where_weights_lie_changes_no_corpus(folder: str) -> None:
    overrides = "sync@signals.sync.backend=syncnet", "signals=[default,dnsmos]"
    assert corpus_key(composed(*overrides, f"paths.weights={folder}")) == corpus_key(composed(*overrides))


def test_the_command_that_doubts_labels_has_what_they_hang_on() -> None:
    overrides = ["split.unit=utterance", "label_confidence.folds=3", "model=mfcc_lda", "+filter=confident_labels"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("train", ["task=speaker_id", *overrides])
    measured = "split.unit=utterance label_confidence.folds=3 +filter=confident_labels 'tasks=[speaker_id]'"
    assert curate_command(cfg, overrides) == f"python curate.py {measured}"


def test_a_training_seed_is_no_seed_of_label_confidence(tmp_path: Path) -> None:
    def seed_of_the_forest(*overrides: str) -> int:
        cfg = composed(f"paths.data={tmp_path}", *overrides)
        builder = make_builder(cfg, speaker_corpus(), {}, GroupDisjoint())
        return builder.doubts.cfg.audio_type.model.seed

    assert seed_of_the_forest("seed=3") == 0
    assert seed_of_the_forest("label_confidence.seed=2") == 2


def test_only_a_filter_that_doubts_labels_puts_them_into_the_recipe(tmp_path: Path) -> None:
    for filter_, there in (("confident_labels", True), ("strict", False)):
        cfg = composed(f"paths.data={tmp_path}", f"+filter={filter_}")
        assert ("label_confidence" in make_builder(cfg, speaker_corpus(), {}, GroupDisjoint()).recipe) is there


def test_no_signal_may_take_the_name_of_a_doubt(tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text("recording_id,label_rank\na,1\n", encoding="utf-8")
    cfg = composed("signals=[table]", f"signals.table.path={tmp_path / 'scores.csv'}")
    with pytest.raises(UserError, match=r"'label_confidence' and 'table' both give 'label_rank'; rename one"):
        make_signals(cfg)
    assert set(COLUMNS) <= set(known_signals({}))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("folds=1", r"label_confidence\.folds is a whole number of at least 2, got 1"),
        ("folds=2.5", r"label_confidence\.folds is a whole number of at least 2, got 2\.5"),
        ("folds=.nan", r"label_confidence\.folds is a whole number"),
        ("repeats=0", r"label_confidence\.repeats is a whole number of at least 1, got 0"),
        ("seed=0.5", r"label_confidence\.seed is a whole number"),
        (
            "speaker_id.budget={kind: hours, value: 1}",
            r"label_confidence\.speaker_id\.budget\.kind=hours: choose steps",
        ),
        ("speaker_id.budget={kind: steps, value: 0}", r"budget\.value is a whole number of at least 1, got 0"),
        ("+audio_type.model.init=best.pt", r"audio_type\.model\.init=best\.pt: what that checkpoint learned from"),
    ],
)
def test_doubting_is_checked_before_any_work(override: str, said: str) -> None:
    """Where the filter asks for it, or its control; others do not mind."""
    name, equals, value = override.partition("=")
    plus = "+" if name.startswith("+") else ""
    setting = f"{plus}label_confidence.{name.lstrip('+')}{equals}{value}"
    for filter_ in ("+filter=confident_labels", "+filter=confident_labels control=true"):
        with pytest.raises(UserError, match=said):
            make_filter(composed(setting, *filter_.split()), known_signals({}))
    assert make_filter(composed(setting), known_signals({})).name == "none"


def test_label_defects_go_without_those_of_media(tmp_path: Path) -> None:
    """Left out, null or none at all: it is the same corpus, and only labels are planted."""
    given = ["source=folder", f"source.root={tmp_path}", f"paths.data={tmp_path}"]
    planted = ["defects=planted", "defects.labels.wrong_audio_type.rate=0.2", "~defects.labels.wrong_speaker"]
    bare = composed(*given)
    for without in ("defects.media=null", "~defects.media"):
        cfg = composed(*given, *planted, without, "defects.labels.wrong_speaking=null")
        assert make_source(cfg)[1] is None
        assert corpus_key(cfg) == corpus_key(bare)
        assert set(make_builder(cfg, speaker_corpus(), {}, GroupDisjoint()).label_planters) == {"wrong_audio_type"}


def test_a_rate_without_its_planter_names_the_group_that_has_it(tmp_path: Path) -> None:
    rate = "+defects.{}.rate=0.2"
    given = ["source=folder", f"source.root={tmp_path}", f"paths.data={tmp_path}"]
    with pytest.raises(UserError, match=r"defects\.labels\.wrong_speaker is only known to defects=planted"):
        make_builder(composed(*given, rate.format("labels.wrong_speaker")), speaker_corpus(), {}, GroupDisjoint())
    with pytest.raises(UserError, match=r"defects\.media\.blur is only known to defects=planted"):
        make_source(composed(*given, rate.format("media.blur")))


def folder(tmp_path: Path) -> list[str]:
    return ["source=folder", f"source.root={tmp_path}", f"paths.data={tmp_path}"]


def dosed(tmp_path: Path, *given: str) -> DictConfig:
    return composed(*folder(tmp_path), "defects=planted", *given)


def test_a_label_defect_or_none_at_all_measures_the_untouched_corpus(tmp_path: Path) -> None:
    bare = corpus_key(composed(*folder(tmp_path)))
    for given in (["only=wrong_speaker", "rate=0.4"], ["only=wrong_speaker"], ["only=noise", "rate=0", "seed=3"]):
        cfg = dosed(tmp_path, *(f"defects.{entry}" for entry in given))
        assert corpus_key(cfg) == bare
        assert make_source(cfg)[1] is None
    keys = {corpus_key(dosed(tmp_path, "defects.only=noise", f"defects.rate={rate}")) for rate in (0.2, 0.4)}
    assert len(keys | {bare}) == 3
    assert list(make_source(dosed(tmp_path, "defects.only=noise"))[1].planters) == ["noise"]  # type: ignore[union-attr]


def test_a_dose_is_the_condition_of_its_variants_and_has_truth_at_rate_0(tmp_path: Path) -> None:
    corpus = replace(speaker_corpus(), truth=None)
    oracle = "+filter=oracle"
    for only, rate, planted in (("noise", 0, 0), ("wrong_speaker", 0, 0), ("wrong_speaker", 1, None)):
        cfg = dosed(tmp_path, f"defects.only={only}", f"defects.rate={rate}", oracle)
        builder = make_builder(cfg, corpus, {}, GroupDisjoint())
        variant = builder.build(make_filter(cfg, known_signals({})), TASKS["speaker_id"])
        assert variant.card["condition"] == {"defect": only, "rate": float(rate)}
        assert (len(variant.rows("train")) > 0) == (planted == 0)
    assert condition_of(composed(*folder(tmp_path), "train_share=0.5")) == {"train_share": 0.5}
    assert condition_of(composed()) == {}
    with pytest.raises(UserError, match=r"train_share is a number of at least 0 and at most 1, got 1\.5"):
        condition_of(composed("train_share=1.5"))


def test_a_clean_control_names_the_command_that_measures_the_media_without_defects(tmp_path: Path) -> None:
    overrides = [
        *folder(tmp_path),
        "defects=planted",
        "defects.only=noise",
        "defects.rate=0.4",
        "control=clean",
        "seed=1",
    ]
    cfg = composed(*overrides, "+filter=oracle")
    command = clean_command(cfg, overrides)
    assert command == f"python curate.py {' '.join(folder(tmp_path))} defects=none 'tasks=[av_sync]'"
    builder = make_builder(cfg, speaker_corpus(), {}, GroupDisjoint(), clean_run=command)
    clean = make_filter(cfg, known_signals({}))
    with pytest.raises(UserError, match=r"not measured yet; first run:  python curate\.py .* defects=none"):
        builder.build(clean, TASKS["speaker_id"])
    bare = composed(*folder(tmp_path))
    untouched = replace(speaker_corpus(), key=corpus_key(bare), truth=None)
    untouched.save(tmp_path / "measured", corpus_configuration(bare))
    assert builder.build(clean, TASKS["speaker_id"]).arm == "clean"


def test_an_ablated_filter_is_what_the_recipe_states(tmp_path: Path) -> None:
    cfg = composed(*folder(tmp_path), "+filter=confident_labels", "+filter.rules.snr.min=1")
    for ablation, doubted in (("without_label_suspect", False), ("only_label_suspect", True)):
        cfg.ablation = ablation
        recipe = make_builder(cfg, speaker_corpus(), {}, GroupDisjoint()).recipe
        assert recipe["filter"]["name"] == f"confident_labels_{ablation}"
        assert ("label_confidence" in recipe) == doubted


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            "+filter.rules.face_presence.min=0.9",
            r"^'face_presence' is not measured with signals=\[duration,noise\]; add faces, or leave the rule out: "
            r"filter\.rules\.face_presence=null$",
        ),
        (
            "+filter=strict",
            r"'speech_ratio' are not measured .* add faces, sharpness, voice_activity, or leave the rules",
        ),
        ("+filter=strict control=true", r"filter\.rules\.face_presence=null filter\.rules\.laplacian_variance=null"),
        ("+filter=threshold threshold.signal=yaw threshold.min=0", r"add pose, or .* filter\.rules\.threshold=null$"),
        ("+filter=in_sync", r"not measured .*; add sync, or leave .*"),
        ("+filter.rules.face_presense.min=0.9", "unknown signal 'face_presense'; known signals: duration, "),
    ],
)
def test_a_signal_that_was_not_chosen_is_told_from_an_unknown_one(overrides: str, said: str) -> None:
    cfg = composed("signals=[duration,noise]", *overrides.split())
    with pytest.raises(UserError, match=said):
        make_filter(cfg, known_signals(make_signals(cfg)))


def test_the_command_names_the_task_of_a_run_and_of_a_sweep_only_where_it_must() -> None:
    overrides = ["source=folder", "source.root=x"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("train", ["task=speaker_id", *overrides])
    assert curate_command(cfg, overrides).endswith("source.root=x 'tasks=[speaker_id]'")
    assert "tasks" not in curate_command(cfg, overrides, alone=False)
    assert "tasks=[av_sync]" in curate_command(composed(*overrides), overrides, alone=False)


def test_speakers_from_elsewhere_let_their_task_run(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    for given, refused in ((), True), (("speaker_labels.csv=who.csv",), False), (("speaker_labels.signal=c",), False):
        cfg = composed(*folder(tmp_path), *given)
        with pytest.raises(UserError, match=r"tasks=\[speaker_id\]") if refused else contextlib.nullcontext():
            check_labels(cfg, [TASKS["speaker_id"]], make_source(cfg)[0])
