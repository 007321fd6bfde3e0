from __future__ import annotations

from pathlib import Path

import pytest

from tests.impact.fake_study import FakeStudy


@pytest.fixture(scope="session")
def whole_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three tasks x (raw, strict, oracle and the controls of both) x five seeds; read only."""
    return FakeStudy().write(tmp_path_factory.mktemp("study"))


@pytest.fixture
def small_study(tmp_path: Path) -> Path:
    """One task, one filter, three seeds; a test may change it."""
    return FakeStudy(tasks=("speaker_id",), arms=("strict",), seeds=(0, 1, 2), groups=6, per_group=8).write(tmp_path)
