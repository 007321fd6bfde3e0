import json
from pathlib import Path

import polars as pl
import pytest

from avcur.corpus import Corpus
from avcur.signal_table import SIGNAL_SCHEMA, SignalTable
from avcur.tracking import mode as tracking
from avcur.tracking.artifacts import artifact_name, files_artifact
from avcur.tracking.curation import log_curation
from avcur.variants.variant import Variant
from tests.helpers.wandb_file import read_runs


@pytest.fixture(autouse=True)
def _no_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


def test_offline_without_a_login() -> None:
    assert tracking.wandb_mode() == "offline"


def test_online_with_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
    assert tracking.wandb_mode() == "online"


@pytest.mark.parametrize(("host", "mode"), [("api.wandb.ai", "online"), ("example.org", "offline")])
def test_online_with_a_netrc_login_for_the_host(tmp_path: Path, host: str, mode: str) -> None:
    (tmp_path / "netrc").write_text(f"machine {host} login user password secret\n")
    assert tracking.wandb_mode() == mode


def test_the_environment_decides_where_it_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert tracking.wandb_mode() == "offline"


def test_a_curation_is_read_back_whole_from_its_file(
    sounds: Variant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "staging"))
    recordings = sounds.clips.select("recording_id").with_columns(state=pl.lit("ok"))
    signals = SignalTable.of(pl.DataFrame(schema=SIGNAL_SCHEMA))
    corpus = Corpus("abc123", recordings, sounds.clips, signals, None, tmp_path / "abc123")
    corpus.directory.mkdir()
    (corpus.directory / "corpus.json").write_text("{}")
    card = {**sounds.card, "corpus": "abc123", "recipe": {"filter": {"rules": {"snr": {"min": 12}}}}}
    variant = Variant(sounds.id, sounds.task, "curated", "quiet", sounds.directory, sounds.clips, card)
    funnel = [{"stage": "kept", "reason": None, "clips": 24, "hours": 0.01}]
    log_curation("offline", "avcur", "quiet", tmp_path, corpus, [variant], funnel)

    ((folder, run),) = read_runs(tmp_path)
    assert (run.job_type, run.tags) == ("curate", ["curate", "quiet"])
    assert (run.config["filter"], run.config["corpus"], run.config["rules/snr/min"]) == ("quiet", "abc123", 12)
    assert run.table(folder, "funnel")["data"] == [["kept", None, 24, 0.01]]
    assert run.summary["audio_type/train_clips"] == len(sounds.rows("train"))

    (used,) = run.artifacts["corpus"]
    assert (used.name, used.use_after_commit) == ("corpus-abc123", True)
    assert [entry.path for entry in used.manifest.contents] == ["corpus.json"]
    (made,) = run.artifacts["variant"]
    assert (made.name, made.use_after_commit) == (f"variant-{sounds.id[:16]}", False)
    facts = json.loads(made.metadata)
    assert (facts["corpus"], facts["filter"], facts["kept_clips"]) == ("abc123", "quiet", 24)


def test_what_an_artifact_cannot_be_called_is_replaced() -> None:
    assert files_artifact("study-my study/1", "study", {}).name == "study-my-study-1"


def test_a_name_that_is_cut_still_tells_seeds_apart() -> None:
    names = {artifact_name(f"model-{'long' * 40}-seed{seed}") for seed in range(12)}
    assert len(names) == 12
    assert {len(name) for name in names} == {128}
    assert artifact_name("model-short-seed1") == "model-short-seed1"
