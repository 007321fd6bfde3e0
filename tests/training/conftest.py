"""One small variant per task for all tests of this folder."""

from __future__ import annotations

import pytest

from avcur.variants.variant import Variant
from tests.training import fake_variant


@pytest.fixture(scope="session")
def speakers(tmp_path_factory: pytest.TempPathFactory) -> Variant:
    return fake_variant.speaker_variant(tmp_path_factory.mktemp("speakers"))


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Variant:
    return fake_variant.audio_type_variant(tmp_path_factory.mktemp("sounds"))


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Variant:
    return fake_variant.face_variant(tmp_path_factory.mktemp("faces"))
