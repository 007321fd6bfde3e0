from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from avcur.corpus import Corpus
from avcur.defects.blur import Blur
from avcur.defects.noise import Noise
from avcur.defects.plant import DefectiveSource
from avcur.defects.wrong_speaker import WrongSpeaker
from avcur.detection import write
from avcur.detection.table import FILE, SCHEMA, label_plantings, merged, of_planting
from avcur.detection.words import best, sentence, undetected
from avcur.detection.write import halves, of_media, write_detection
from avcur.filters.filter import Filter
from avcur.records import Recording
from avcur.signal_table import SignalTable
from avcur.splits.group_disjoint import GroupDisjoint
from avcur.tasks import TASKS
from avcur.variants.build import VariantBuilder
from tests.helpers.planting import Listed
from tests.helpers.tables import speaker_corpus

TASK = TASKS["speaker_id"]
STRICT = Filter.parse({"name": "strict", "rules": {"snr": {"min": 10}}})


class Planted(DefectiveSource):
    """Files are not made: what may be hit hangs on the recordings alone."""

    def recordings(self) -> list[Recording]:
        return self.source.recordings()


def planted(corpus: Corpus, **planters: Any) -> Planted:
    listed = [
        Recording(name, Path(f"{name}.wav"), speaker=speaker)
        for name, speaker in corpus.clips.select("recording_id", "speaker").iter_rows()
    ]
    return Planted(Listed(listed), planters or {"noise": Noise(rate=0.2)}, 0, "unused", num_workers=0)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return speaker_corpus().save(tmp_path / "measured", {})


@pytest.fixture
def builder(corpus: Corpus, tmp_path: Path) -> VariantBuilder:
    planters = {"wrong_speaker": WrongSpeaker(rate=0.3)}
    return VariantBuilder(corpus, GroupDisjoint(), {"snr": "sound"}, tmp_path / "variants", planters)


def test_media_and_label_defects_have_a_row_for_each_signal(corpus: Corpus, builder: VariantBuilder) -> None:
    table = write_detection(corpus, planted(corpus), builder, STRICT, [TASK])
    assert table is not None
    assert corpus.directory is not None
    assert pl.read_parquet(corpus.directory / FILE).equals(table)
    assert dict(table.schema) == SCHEMA
    noise, wrong = table.sort("defect").rows(named=True)
    # A noisy recording has snr 0, a clean one 20 to 21.
    told = ("auc", "low_is_bad", "precision", "recall", "num_defective", "num_clean", "task")
    assert [noise[c] for c in told] == [1.0, True, 1.0, 1.0, 24, 96, None]
    assert wrong["task"] == "speaker_id"
    assert wrong["auc"] < 0.75
    train = builder.build(Filter.parse({"name": "none"}), TASK).rows("train")
    noisy = set(corpus.truth["recording_id"]) if corpus.truth is not None else set()
    assert wrong["num_defective"] + wrong["num_clean"] <= len(train)
    assert wrong["num_clean"] < len(train) - len(noisy & set(train["recording_id"]))


def test_only_clips_that_a_defect_may_hit_are_asked_about(corpus: Corpus, builder: VariantBuilder) -> None:
    bare = replace(builder, label_planters={})
    one = Noise(rate=0.2, on=["music"])
    table = write_detection(corpus, planted(corpus, noise=one, blur=Blur(rate=0.1)), bare, STRICT, [TASK])
    assert table is not None
    assert dict(table.select("defect", "num_clean").iter_rows()) == {"noise": 0, "blur": 0}
    assert table["auc"].null_count() == len(table)
    assert undetected(table) == []


def test_without_truth_there_is_nothing_to_say(corpus: Corpus, builder: VariantBuilder) -> None:
    assert write_detection(corpus, None, replace(builder, label_planters={}), STRICT, [TASK]) is None
    assert write_detection(corpus, None, builder, STRICT, [None]) is None


def test_the_file_is_written_only_when_a_row_has_changed(
    corpus: Corpus, builder: VariantBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    keep = write.write_parquet
    monkeypatch.setattr(write, "write_parquet", lambda path, table: (written.append(path), keep(path, table)))
    for _ in range(2):
        write_detection(corpus, planted(corpus), builder, STRICT, [TASK])
    assert len(written) == 1
    other = replace(builder, label_planters={"wrong_speaker": WrongSpeaker(rate=0.1)})
    write_detection(corpus, planted(corpus), other, STRICT, [TASK])
    assert len(written) == 2


def row(
    signal: str, defect: str, task: str | None, auc: float | None, clips: int = 100, rate: float = 0.1
) -> tuple[Any, ...]:
    planting = (None, None) if task is None else (rate, 0)
    return (signal, defect, task, auc, True, 0.5, 0.5, clips, clips, *planting)


def table(*rows: tuple[Any, ...]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def test_what_this_run_does_not_ask_about_stays() -> None:
    before = table(
        row("snr", "noise", None, 0.9), row("snr", "wrong_speaker", "speaker_id", 0.5),
        row("label_rank", "wrong_speaker", "speaker_id", 0.99), row("snr", "wrong_audio_type", "audio_type", 0.6),
    )  # fmt: skip
    same = table(row("snr", "wrong_speaker", "speaker_id", 0.5))
    assert merged(before, same).sort("auc").equals(before.sort("auc"))
    # The same planting on other clips: what was known of the old one goes.
    other = table(row("snr", "wrong_speaker", "speaker_id", 0.51), row("snr", "noise", None, 0.8))
    assert sorted(merged(before, other)["auc"]) == [0.51, 0.6, 0.8]


def test_another_planting_of_labels_has_rows_of_its_own() -> None:
    before = table(row("snr", "wrong_speaker", "speaker_id", 0.5), row("snr", "noise", None, 0.9))
    now = table(row("snr", "wrong_speaker", "speaker_id", 0.6, rate=0.4))
    both = merged(before, now)
    assert sorted(both["auc"]) == [0.5, 0.6, 0.9]
    own = label_plantings({"wrong_speaker": {"rate": 0.4}, "other": WrongSpeaker(rate=0.1)}, 0)
    assert own == {("wrong_speaker", 0.4, 0), ("other", 0.1, 0)}
    assert sorted(of_planting(both, own)["auc"]) == [0.6, 0.9]
    assert sorted(of_planting(both, {("wrong_speaker", 0.4, 1)})["auc"]) == [0.9]
    assert sorted(of_planting(both, ())["auc"]) == [0.9]


def test_what_is_returned_is_of_this_planting_and_what_is_kept_of_all(corpus: Corpus, builder: VariantBuilder) -> None:
    write_detection(corpus, planted(corpus), builder, STRICT, [TASK])
    other = replace(builder, label_planters={"wrong_speaker": WrongSpeaker(rate=0.1)}, defect_seed=3)
    now = write_detection(corpus, planted(corpus), other, STRICT, [TASK])
    assert now is not None
    assert set(now.filter(defect="wrong_speaker").select("rate", "seed").rows()) == {(0.1, 3)}
    assert corpus.directory is not None
    kept = pl.read_parquet(corpus.directory / FILE)
    assert set(kept.select("rate", "seed").rows()) == {(None, None), (0.3, 0), (0.1, 3)}


def test_the_best_signal_of_each_defect_and_the_defects_without_one() -> None:
    found = table(
        row("snr", "noise", None, 0.99), row("clipping", "noise", None, 0.6), row("snr", "blur", None, 0.65),
        row("sharpness", "clip", None, 0.8), row("snr", "small", None, 0.75, clips=12), row("snr", "gone", None, None),
        row("snr", "wrong", "speaker_id", 0.95), row("snr", "rare", None, 1.0, clips=3),
    )  # fmt: skip
    assert best(found).select("defect", "signal").rows()[:2] == [("rare", "snr"), ("noise", "snr")]
    assert undetected(found.filter(pl.col("defect") != "rare")) == ["blur", "gone", "small"]
    assert sentence(found, Path("measured/key")) == (
        "planted defects told best: noise by snr (AUC 0.99), wrong by snr (AUC 0.95), clip by sharpness (AUC 0.80); "
        f"told by no signal: blur, gone, small; too few clips to say: rare; all: measured/key/{FILE}"
    )


def test_halves_never_part_a_recording_and_both_have_defective_ones() -> None:
    names = pl.Series([f"r{i // 3}" for i in range(60)])
    bad = np.array([i // 3 % 5 == 0 for i in range(60)])
    half = halves(names, bad)
    assert all(len(set(half[names == name])) == 1 for name in names.unique())
    assert half.sum() == 30
    assert half[bad].sum() == 6


def test_a_thousand_clips_of_many_signals_and_defects(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    corpus = speaker_corpus(speakers=10, sessions=10, utterances=10)
    names = [f"s{i}" for i in range(32)]
    wide = pl.DataFrame({"clip_id": corpus.clips["clip_id"], **{n: rng.normal(size=1000) for n in names}})
    defects = {f"d{i}": Noise(rate=0.1) for i in range(15)}
    noisy = corpus.truth
    assert noisy is not None
    truth = pl.concat([noisy.with_columns(defect=pl.lit(name)).sample(24, seed=i) for i, name in enumerate(defects)])
    full = replace(corpus, signals=SignalTable(wide), truth=truth)
    found = of_media(full, planted(full, **defects))
    assert len(found) == 32 * 15
    assert found["auc"].min() >= 0.5
