"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# As the entry points do: waiting threads that spin slow a busy machine down.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

REAL_MEDIA = Path(__file__).resolve().parents[2] / "shared" / "media"


@pytest.fixture(scope="session")
def real_media() -> Path:
    """The optional folder of real test media beside the checkout; tests that need it are skipped where it is absent."""
    if not (REAL_MEDIA / "MANIFEST.csv").is_file():
        pytest.skip("no real test media beside the checkout (../shared/media)")
    return REAL_MEDIA
