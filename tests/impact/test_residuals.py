from __future__ import annotations

from pathlib import Path

from avcur.impact.compare import compare_study
from avcur.impact.sentences import notes
from tests.impact.fake_study import FakeStudy

SHARES = {"clips_share": 0.0, "hours_share": 0.002, "label_share": 0.004, "duration_share": 0.0099}


def said(root: Path, clean: bool = False, **residual: float) -> list[str]:
    fake = FakeStudy(("speaker_id",), ("strict", "oracle"), (0, 1, 2), groups=6, per_group=8)
    fake.residual, fake.clean = residual, clean
    (comparison,) = compare_study(fake.write(root), num_resamples=100).comparisons
    return [note for note in notes(comparison) if "against it" in note or "warning" in note]


def test_the_mismatch_of_every_treated_arm_is_printed_in_percent(tmp_path: Path) -> None:
    lines = said(tmp_path, **SHARES)
    assert len(lines) == 2
    for line, name in zip(lines, ("strict", "oracle"), strict=True):
        assert line.startswith(f"controls of {name}, against it: clips +0 to +0, minutes −0.05 to +0.00, ")
        assert "mismatch count 0.00 %, hours 0.20 %, labels 0.40 %, durations 0.99 %" in line


def test_more_than_one_percent_is_a_warning_that_names_it(tmp_path: Path) -> None:
    lines = said(tmp_path, **{**SHARES, "label_share": 0.0101, "hours_share": -0.02})
    assert [line for line in lines if line.startswith("warning")] == [
        f"warning: controls of {name} miss it by more than 1% in hours (2.00 %), labels (1.01 %)"
        for name in ("strict", "oracle")
    ]


def test_clean_sets_have_a_line_of_their_own(tmp_path: Path) -> None:
    lines = said(tmp_path, clean=True, **SHARES)
    assert [line.split(",")[0] for line in lines] == [
        "controls of strict", "clean sets of strict", "controls of oracle", "clean sets of oracle",
    ]  # fmt: skip


def test_residuals_from_before_there_were_shares_are_read(tmp_path: Path) -> None:
    assert not any("mismatch" in line or "warning" in line for line in said(tmp_path))
