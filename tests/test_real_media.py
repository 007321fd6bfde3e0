"""The commands on real media, where it is there: the funnel adds up, and speakers are told apart."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.commands import run

VIDEOS = ("grid_bbaf2n.mpg", "retalking_5.mp4", "lp_d0_noaudio.mp4")
BROKEN = ("zero_byte.mp4", "text_renamed.mp4", "audio_only.mp4", "header_only.wav")


def cards(place: Path, task: str) -> dict[str, dict[str, Any]]:
    found = (json.loads(p.read_text()) for p in (place / "data" / "variants" / task).glob("*/card.json"))
    return {card["filter"]: card for card in found}


def test_a_folder_of_good_and_broken_videos_ends_in_a_funnel_that_adds_up(real_media: Path, tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    videos.mkdir()
    for name in VIDEOS:
        shutil.copy(real_media / "video" / name, videos)
    for name in BROKEN:
        shutil.copy(real_media / "broken" / name, videos)
    done = run("curate.py", "source=folder", "source.root=videos", "+filter=strict", "wandb=disabled", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for fault in ("empty file (0 bytes)", "not a media file (plain text)", "no samples"):
        assert fault in done.stdout
    funnel = cards(tmp_path, "unlabelled")["strict"]["funnel"]
    assert funnel[0]["clips"] == sum(row["clips"] for row in funnel[1:]) == len(VIDEOS) + 1
    assert {row["stage"] for row in funnel} >= {"all", "rejected"}


def test_no_face_rule_rejects_a_sound(real_media: Path, tmp_path: Path) -> None:
    for kind in ("music", "noise", "both"):
        (tmp_path / "sounds" / kind).mkdir(parents=True)
        for path in sorted((real_media / "audio_type" / kind).iterdir())[:4]:
            shutil.copy(path, tmp_path / "sounds" / kind)
    done = run("curate.py", "source=folder", "source.root=sounds", "+filter=strict", "wandb=disabled", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    card = cards(tmp_path, "audio_type")["strict"]
    rejected = [row for row in card["funnel"] if row["stage"] in ("rejected", "failed")]
    assert rejected == [], "music, noise and both are none of strict's rules' business"
    assert card["skipped_by_rule"]["face_presence"] == sum(
        row["clips"] for row in card["funnel"] if row["stage"] == "kept"
    )


def test_real_speakers_are_told_apart(real_media: Path, tmp_path: Path) -> None:
    source = ("source=folder", f"source.root={real_media / 'speech_speaker'}", "segment=whole", "split.unit=utterance")
    curated = run("curate.py", *source, "+filter=none", "wandb=disabled", cwd=tmp_path)
    assert curated.returncode == 0, curated.stderr
    assert "within-session, optimistic" in curated.stdout
    for model in ("mfcc_svc", "ecapa"):
        training = ("task=speaker_id", f"model={model}", "budget.value=150", "logger=csv")
        done = run("train.py", *training, *source, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    results = {r["model"]: r for r in map(_read, (tmp_path / "studies").rglob("result.json"))}
    assert set(results) == {"mfcc_svc", "ecapa"}
    for model, result in results.items():
        assert result["metrics"]["test/accuracy"] >= 0.8, model


def _read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_too_strict_a_filter_says_which_rule_to_relax_before_training(real_media: Path, tmp_path: Path) -> None:
    source = ("source=folder", f"source.root={real_media / 'speech_speaker'}", "segment=whole", "split.unit=utterance")
    strict = ("+filter.rules.duration.max=0.5", "signals=[duration]")
    curated = run("curate.py", *source, *strict, "wandb=disabled", cwd=tmp_path)
    assert curated.returncode == 0, curated.stderr
    done = run("train.py", "task=speaker_id", *source, *strict, "logger=csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "duration > 0.5" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(autouse=True)
def _only_with_media(real_media: Path) -> None:
    """Every test here needs the media; the fixture skips where there is none."""
