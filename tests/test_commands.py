"""The commands as a person types them: what is misspelt is one line, and a sweep measures each clip once."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from tests.helpers.commands import run


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few seconds of labelled sound below `library/`."""
    place = tmp_path_factory.mktemp("workplace")
    rng = np.random.default_rng(0)
    for speaker in range(3):
        for n in range(6):
            path = place / "library" / f"s{speaker}" / f"v{n % 3}" / f"{n}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            t = np.arange(16_000 * 2) / 16_000
            tone = np.sin(2 * np.pi * (150 + 80 * speaker) * t) * 0.3 + rng.normal(0, 0.01 * (n + 1), len(t))
            soundfile.write(path, tone, 16_000)
    return place


LIBRARY = (
    "source=folder",
    "source.root=library",
    "segment=whole",
    "signals=[duration,loudness,clipping]",
    "engine.num_workers=0",
)


@pytest.mark.parametrize(
    ("script", "overrides", "message"),
    [
        ("curate.py", ("+filter=strickt",), "strict"),
        ("curate.py", ("signals=sharpnes",), "sharpness"),
        ("curate.py", ("tasks=[speaker]",), "known tasks: active_speaker, audio_type, av_sync, speaker_id"),
        ("curate.py", ("source=folder", "source.root=nowhere"), "source.root=nowhere is not a folder"),
        ("curate.py", ("source=folder",), "source.root"),
        ("curate.py", (*LIBRARY, "preview=maybe"), "preview=maybe: choose true or false"),
        ("curate.py", (*LIBRARY[:2], "segment.min_length=-1"), "segment.min_length cannot be negative"),
        ("curate.py", (*LIBRARY, "crops.geometry=fase"), "choose one of face, lower_face, voxceleb, uncentred"),
        ("curate.py", (*LIBRARY, "write_crops=perhaps"), "choose auto, always or never"),
        ("curate.py", (*LIBRARY, "+filter.rules.loudnes.min=3"), "unknown signal 'loudnes'; known signals:"),
        (
            "curate.py",
            (*LIBRARY, "+filter=strict"),
            "not measured with signals=[duration,loudness,clipping]; add faces",
        ),
        ("curate.py", (*LIBRARY, "tasks=[audio_type]"), "folder 's0' and 2 more are no audio types"),
        ("train.py", ("task=speaker",), "speaker_id"),
        ("train.py", ("task=speaker_id", *LIBRARY[:2]), "source.root=library 'tasks=[speaker_id]'"),
        ("train.py", ("task=speaker_id", "variant=nowhere"), "0 variants of speaker_id"),
        ("train.py", ("task=speaker_id", "variant=abc", "control=true"), "variant=abc is trained on as it is"),
        ("train.py", ("task=speaker_id", "variant=abc", "+filter=strict"), "so filter=strict would change nothing"),
        ("-m avcur.impact", ("nowhere",), "nowhere"),
    ],
)
def test_what_is_misspelt_is_one_clear_error_before_any_work(
    workplace: Path, script: str, overrides: tuple[str, ...], message: str
) -> None:
    done = run(script, *overrides, cwd=workplace)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert message in said
    assert "Traceback" not in said
    assert not (workplace / "data" / "cache" / "measure").exists()


def test_a_sweep_over_thresholds_measures_each_clip_once(workplace: Path) -> None:
    sweep = ("-m", *LIBRARY, "wandb=disabled", "+filter.rules.loudness.min=-60,-20,0")
    done = run("curate.py", *sweep, cwd=workplace)
    assert done.returncode == 0, done.stderr
    parts = [pl.read_parquet(p) for p in (workplace / "data" / "cache" / "measure").glob("part-*.parquet")]
    measured = pl.concat(parts)
    assert len(measured) == 18 * 3
    assert measured.select("key", "signal").n_unique() == len(measured)
    assert done.stdout.count("measured now: 54 values of 18 clips") == 1
    assert done.stdout.count("measured now: 0 values of 0 clips") == 2
    kept = sorted(len(pl.read_parquet(p)) for p in (workplace / "data" / "variants").glob("speaker_id/*/clips.parquet"))
    assert kept[0] < kept[-1]
