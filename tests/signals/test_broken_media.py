"""Every broken file goes the whole way: measured, not applicable, or failed with a reason that names the fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from avcur.media.errors import MediaError
from avcur.media.standardise import Standardiser
from avcur.records import Measurement, Recording
from avcur.segment.whole import Whole
from avcur.signals.bandwidth import Bandwidth
from avcur.signals.base import ClipMedia, Signal
from avcur.signals.black import Black
from avcur.signals.clipping import Clipping
from avcur.signals.dc_offset import DcOffset
from avcur.signals.exposure import Exposure
from avcur.signals.faces import Faces
from avcur.signals.freeze import Freeze
from avcur.signals.letterbox import Letterbox
from avcur.signals.loudness import Loudness
from avcur.signals.motion import Motion
from avcur.signals.noise import Noise
from avcur.signals.perceptual_hash import PerceptualHash
from avcur.signals.pose import Pose
from avcur.signals.sharpness import Sharpness
from avcur.signals.silence import Silence
from avcur.signals.source_format import SourceFormat
from avcur.signals.speaker_changes import SpeakerChanges
from avcur.signals.voice_activity import VoiceActivity
from avcur.signals.wada_snr import WadaSnr
from avcur.visual.visual_pass import VisualPass

SIGNALS: tuple[Signal, ...] = (
    Faces(), Pose(), Sharpness(), Exposure(), Motion(), Freeze(), Black(), Letterbox(), SourceFormat(),
    PerceptualHash(), VoiceActivity(), Noise(), Loudness(), Clipping(), WadaSnr(), DcOffset(), Silence(), Bandwidth(),
    SpeakerChanges(),
)  # fmt: skip
VISUAL = VisualPass()
UNREADABLE = {
    "zero_byte.mp4": "empty file (0 bytes)",
    "text_renamed.mp4": "not a media file (plain text)",
    "truncated_no_moov.mp4": "index (moov) missing",
    "header_only.wav": "no samples in the audio stream",
}
WARNED = {
    "garbage_middle.mp4": "decoder errors",
    "truncated_faststart.mp4": "the header promises 4.88 s",
    "truncated.wav": "of the sound is missing",
}


class Result(NamedTuple):
    """One whole recording: what was survived in reading it, its seconds, and the measurements."""

    warning: str
    duration: float
    found: dict[str, Measurement]


Measured = dict[str, Result]


def _measure(path: Path, out: Path) -> Result:
    media = Standardiser()(Recording(path.name, path), out)
    look = None if media.video_path is None else VISUAL(media)
    segmentation = Whole(VISUAL)(media, look)
    (clip,) = segmentation.clips
    shown = ClipMedia(clip, media, segmentation, look)
    found = {k: m for signal in SIGNALS for k, m in signal.measure(shown).items()}
    warnings = [media.warning or "", "" if look is None else look.warning]
    return Result("; ".join(filter(None, warnings)), clip.duration, found)


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """As in the workers of a run; several threads only fight over a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def results(
    real_media: Path, one_thread: None, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Measured, dict[str, str]]:
    """What was measured by file name, and the reasons of what could not be."""
    out = tmp_path_factory.mktemp("standardised")
    measured: Measured = {}
    failed: dict[str, str] = {}
    for path in sorted((real_media / "broken").iterdir()):
        try:
            measured[path.name] = _measure(path, out / path.name)
        except MediaError as error:
            failed[path.name] = str(error)
    return measured, failed


@pytest.fixture(scope="module")
def measured(results: tuple[Measured, dict[str, str]]) -> Measured:
    return results[0]


def test_unreadable_files_name_their_fault(results: tuple[Measured, dict[str, str]]) -> None:
    failed = results[1]
    assert failed.keys() == UNREADABLE.keys()
    assert all(UNREADABLE[name] in reason for name, reason in failed.items())


def test_no_measurement_failed(measured: Measured) -> None:
    failed = {
        (n, c): m.reason for n, result in measured.items() for c, m in result.found.items() if m.state == "failed"
    }
    assert failed == {}


def test_survived_faults_are_told_and_nothing_else(measured: Measured) -> None:
    warned = {name: result.warning for name, result in measured.items() if result.warning}
    assert warned.keys() == WARNED.keys()
    assert all(WARNED[name] in text for name, text in warned.items())


@pytest.mark.parametrize(
    ("name", "duration"),
    [("audio_longer.mp4", 2.0), ("one_frame.mp4", 0.04), ("vfr.mp4", 4.88), ("truncated_faststart.mp4", 1.9)],
)
def test_the_picture_sets_the_duration(measured: Measured, name: str, duration: float) -> None:
    assert measured[name].duration == pytest.approx(duration, abs=0.05)


@pytest.mark.parametrize("name", ["rotated90_portrait.mp4", "anamorphic.mp4", "odd_resolution.mp4", "vp9_opus.webm"])
def test_faces_are_found_in_the_displayed_picture(measured: Measured, name: str) -> None:
    assert measured[name].found["face_presence"].value == 1.0


def test_what_is_absent_is_not_applicable(measured: Measured) -> None:
    assert measured["audio_only.mp4"].found["face_presence"].reason == "no video stream"
    assert measured["video_only.mp4"].found["loudness"].reason == "no audio stream"
    assert measured["muted.mp4"].found["loudness"].reason == "silence"
    assert measured["silence_3s.wav"].found["clipping"].value == 0.0
    assert measured["silence_3s.wav"].found["silence_ratio"].value == 1.0
    assert measured["silence_3s.wav"].found["bandwidth"].reason == "silence"
    assert (measured["clipped_dc.wav"].found["dc_offset"].value or 0) > 0.05
    assert (measured["mono_8k.mp4"].found["bandwidth"].value or 0) < 4600
    assert (measured["clipped_dc.wav"].found["clipping"].value or 0) > 0.1


def test_a_copy_measures_the_same(measured: Measured, real_media: Path, tmp_path: Path) -> None:
    again = _measure(real_media / "video" / "retalking_5.mp4", tmp_path)
    assert again == measured["exact_copy_of_retalking_5.mp4"]
