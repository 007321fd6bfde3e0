from __future__ import annotations

import errno
import pickle
from pathlib import Path

import pytest

from avcur.crops import jobs
from avcur.crops.geometry import geometry_named
from avcur.crops.jobs import crop_jobs, perform_crops
from avcur.errors import UserError
from avcur.media.encode import write_video
from avcur.records import Standardised
from tests.crops.test_write import numbers, track
from tests.helpers.media import numbered

FACE = geometry_named("face", 160)
NOWHERE = Standardised("r", Path("nowhere.mp4"), None, 100.0)


def spans(*tracks: tuple[int, int], seconds: float = 60.0) -> list[list[tuple[int, int]]]:
    """The tracks (first frame, stop) of each job."""
    found = crop_jobs(NOWHERE, [track(*t) for t in tracks], [Path(f"{t}.mp4") for t in tracks], FACE, seconds)
    return [[(round(t.start * 25), round(t.end * 25)) for t in job.tracks] for job in found]


def test_short_tracks_of_a_minute_go_together() -> None:
    assert spans((2000, 2100), (0, 100), (700, 1300), (1400, 1500)) == [
        [(0, 100), (700, 1300), (1400, 1500)],
        [(2000, 2100)],
    ]


def test_a_long_track_takes_along_what_lies_within_it() -> None:
    assert spans((0, 9000), (10, 50), (8000, 9000), (8990, 9100)) == [
        [(0, 9000), (10, 50), (8000, 9000)],
        [(8990, 9100)],
    ]


def test_no_job_outlasts_a_minute_or_its_longest_track() -> None:
    chained = [(700 * i, 700 * i + 750) for i in range(40)]
    found = spans(*chained)
    assert sorted(t for job in found for t in job) == chained
    assert max(job[-1][1] - job[0][0] for job in found) <= 1500


def test_jobs_write_what_one_pass_writes(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", (numbered(i, 160, 160) for i in range(120)), 25)
    media = Standardised("r", tmp_path / "a.mp4", None, 4.8)
    tracks, paths = [track(60, 110), track(0, 40), track(90, 120)], [tmp_path / f"{i}.mp4" for i in range(3)]
    found = [pickle.loads(pickle.dumps(job)) for job in crop_jobs(media, tracks, paths, FACE, seconds=2)]
    assert [len(job.tracks) for job in found] == [1, 1, 1]
    assert sorted(answer for job in found for answer in perform_crops(job)) == [(path, None) for path in paths]
    assert [numbers(path) for path in paths] == [list(range(60, 110)), list(range(40)), list(range(90, 120))]


def test_faults_of_a_file_are_answers(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video at all")
    (job,) = crop_jobs(Standardised("r", tmp_path / "a.mp4", None, 4.0), [track(0, 10)], [tmp_path / "c.mp4"], FACE)
    ((path, reason),) = perform_crops(job)
    assert path == tmp_path / "c.mp4"
    assert reason is not None
    assert "plain text" in reason


@pytest.mark.parametrize("error", [ValueError("odd codec"), OSError(errno.EIO, "bad sector")])
def test_other_faults_are_answers_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(jobs, "crops_or_reasons", fail)
    (job,) = crop_jobs(NOWHERE, [track(0, 10)], [tmp_path / "c.mp4"], FACE)
    assert perform_crops(job) == [(tmp_path / "c.mp4", f"{type(error).__name__}: {error}")]


def test_a_full_disk_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(jobs, "crops_or_reasons", fail)
    (job,) = crop_jobs(NOWHERE, [track(0, 10)], [Path("c.mp4")], FACE)
    with pytest.raises(UserError, match="No space left"):
        perform_crops(job)
