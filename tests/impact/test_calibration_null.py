from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from scipy import stats

from avcur.impact import effect as effect_module
from avcur.impact.calibration import __main__ as command
from avcur.impact.calibration import coverage, null, rates
from avcur.impact.calibration.corpus import SESSIONS, SPEAKERS, WRONG, generate_corpus, name_of
from avcur.impact.calibration.coverage import GRID
from avcur.impact.calibration.null_study import SHARES, null_study
from avcur.splits.leakage import check_disjoint


class EagerStats:
    """scipy.stats with a Student's t that rejects everything."""

    t = SimpleNamespace(sf=lambda value, df: 0.01, ppf=stats.t.ppf)

    def __getattr__(self, name: str) -> Any:
        return getattr(stats, name)


@pytest.fixture(scope="module")
def studies() -> list[list[null.Null]]:
    """Two studies as they are tried: trained, written, read and compared."""
    return [null_study(number, 0) for number in range(2)]


@pytest.fixture
def tried(studies: list[list[null.Null]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Those two studies stand for any that are asked for, as training them anew takes a second each."""
    monkeypatch.setattr(null, "null_study", lambda number, seed: studies[number])


def test_each_corpus_is_fresh_split_by_session_and_wrong_in_training_alone() -> None:
    corpora = [generate_corpus(0, number) for number in (0, 1)]
    assert not (corpora[0].features == corpora[1].features).any()
    sides = [corpus.rows.select("group", "split").unique().sort("group") for corpus in corpora]
    assert len(sides[0]) == SPEAKERS * SESSIONS
    assert not sides[0].equals(sides[1])
    for corpus in corpora:
        check_disjoint(corpus.rows)
        told = corpus.rows.with_columns(truth=pl.Series([name_of(s) for s in corpus.truth]))
        wrong = told.group_by("split").agg(share=(pl.col("label") != pl.col("truth")).mean())
        shares = dict(wrong.iter_rows())
        assert shares["train"] == pytest.approx(WRONG, abs=0.1)
        assert shares["test"] == shares["val"] == 0


def test_another_seed_makes_other_corpora() -> None:
    assert not (generate_corpus(0, 0).features == generate_corpus(1, 0).features).any()


def test_a_study_is_the_same_whatever_was_run_before_it(studies: list[list[null.Null]]) -> None:
    assert null_study(1, 0) == studies[1]
    assert studies[0] != studies[1]


@pytest.mark.usefixtures("tried")
def test_every_arm_has_an_effect_with_its_interval_and_runs_that_differ() -> None:
    found = null.try_null(2, 0, 0)
    assert [arm.arm for arm in found.arms] == list(SHARES)
    for arm in found.arms:
        assert arm.without_interval == 0
        assert arm.width > 0
        assert arm.of_seeds > 0
        assert arm.rejected.of == found.any_after_holm.of == 2
    assert all(verdict.held for verdict in null.verdicts(found))


def test_a_p_value_that_claims_too_much_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effect_module, "stats", EagerStats())
    found = null.try_null(1, 0, 0)
    assert [arm.rejected.value for arm in found.arms] == [1, 1]
    assert found.any_after_holm.value == 1
    assert not any(verdict.held for verdict in null.verdicts(found))


def test_a_study_without_an_interval_rejects_nothing_and_is_counted() -> None:
    silent = null.Null("random_half", 0.1, None, None, None, None, True, 0.0, 0.0)
    arm = null._arm("random_half", [silent, silent])
    assert (arm.rejected.hits, arm.without_interval, arm.naive_rejected.hits) == (0, 2, 2)
    assert (arm.stated_error, arm.true_error) == (0, pytest.approx(0.1))


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = command.main([*words, "--workers", "0"])
    return code, capsys.readouterr().out


@pytest.mark.usefixtures("tried")
def test_the_command_prints_its_verdict_and_writes_the_same_numbers_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage, "GRID", GRID[:1])
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for file in files:
        code, text = run(capsys, "--studies", "2", "--out", str(file))
        assert code == 0
        assert text.count("too few studies to judge: ") == 4
        assert "missed" not in text
    assert files[0].read_bytes() == files[1].read_bytes()
    numbers = json.loads(files[0].read_text())
    assert [verdict["held"] for verdict in numbers["verdicts"]] == [True] * 4
    assert numbers["coverage"][0]["setting"]["name"] == "balanced"
    assert [arm["arm"] for arm in numbers["null"]["arms"]] == list(SHARES)


def test_a_missed_bar_is_said_and_is_the_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage, "GRID", ())
    monkeypatch.setattr(coverage, "BAR", 1.01)
    monkeypatch.setattr(rates, "ENOUGH", 2)
    code, text = run(capsys, "coverage", "--studies", "2")
    assert code == 1
    assert "missed: coverage" in text
    assert "A/A" not in text


@pytest.mark.parametrize("words", [["--studies", "0"], ["--studies", "many"], ["power"], ["--seed", "-1"]])
def test_what_cannot_be_tried_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        command.main(words)
    assert refused.value.code == 2
