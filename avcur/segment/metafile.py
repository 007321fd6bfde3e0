"""Clips as the text metafiles of VoxCeleb list them, in place of detected tracks.

A metafile is one face track of one recording: header lines (`Reference` names the recording), a line `FRAME X Y W H`,
then a row per frame with the box's left, top, width and height. VoxCeleb2 gives boxes as fractions of the picture,
VoxCeleb1 in px of a picture 360 px high, whatever the size of the download (by the public preprocessing scripts of
first-order-model and of StelaBou, which both scale by height / 360). Frames are counted at 25 a second of the whole
recording; both scripts take number n to be on show at n / 25 s. At least one other script counts from 1, and the
dataset's pages do not say, so `first_frame` is a parameter.
"""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avcur.errors import UserError
from avcur.media.errors import MediaError
from avcur.media.probe import probe
from avcur.records import FPS, Standardised, Track
from avcur.segment.listed import interpolated
from avcur.segment.segmentation import Segmentation
from avcur.store.keys import digest, file_digest, own_parameters
from avcur.visual.look import Look
from avcur.visual.visual_pass import Visual, VisualPass

VOXCELEB1_HEIGHT = 360
"""Pixels: the height of the pictures in which VoxCeleb1's boxes were found."""
LARGEST_FRACTION = 2.0
"""A file with any value above it is in px: no box is twice as large as its picture, and no face is 2 px wide."""
_HEADER_BYTES = 4096

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Metafile:
    """One clip of kind `track` per metafile below `root` whose `Reference` is the recording's file name.

    A metafile without that line belongs to the recording that its folder is named after (`id/reference/00001.txt`).
    Clips are in the order of their start. Frames that a metafile leaves out, or whose box lies outside the picture, are
    interpolated and count as not detected.
    A track is cut where the recording ends; a metafile that begins after it is left out with a logged warning, as
    downloads differ in length. Raises MediaError where no metafile names the recording, all begin after its end, or
    one of them cannot be read.

    `first_frame`: the number of a recording's first picture. `pixel_height`: the height, px, of the picture that boxes
    in px refer to; None is the recording's own. Boxes are of the whole picture, so leave `standardise.size` null.

    The clips' audio offset stays 0: the `Offset` line is the dataset's own estimate of the lag, made on another copy of
    the file; synchrony is measured and corrected by other steps.
    """

    root: Path
    visual: Visual | None = field(default_factory=VisualPass)
    first_frame: int = 0
    pixel_height: int | None = VOXCELEB1_HEIGHT
    version: int = 1
    content: str = field(init=False)
    """Hash of all metafiles, so that a process which outlives a change reads them again."""

    def __post_init__(self) -> None:
        root = Path(self.root)
        if not root.is_dir():
            raise UserError(f"segment.root={root} is not a folder; give the folder that holds the .txt metafiles")
        object.__setattr__(self, "root", root)
        object.__setattr__(self, "content", _content(root))

    def key(self) -> dict[str, Any]:
        """What all clips depend on; those of one recording also on what `about` says of it."""
        return own_parameters(self, without=("root", "content"))

    def about(self, recording_id: str) -> str:
        """The hash of a recording's own metafiles, which its clips hang on besides its bytes.

        Where its id names none, that of all: the name of its file may name some.
        """
        own = self._listed(PurePosixPath(recording_id))
        return self.content if own is None else digest([(path.name, file_digest(path)) for path in own])

    def __call__(self, media: Standardised, look: Look | None) -> Segmentation:
        if media.video_path is None:
            raise MediaError("no video stream, and a metafile says where a face is in the picture")
        paths = self._paths(media)
        size = probe(media.video_path).displayed_size if look is None else (look.width, look.height)
        num_frames = round(media.duration * FPS) if look is None else look.num_frames
        found = [(path, self._track(path, size, num_frames)) for path in paths]
        if late := [path for path, track in found if track is None]:
            about = f"{len(late)} of {len(found)} metafiles of {media.recording_id}, such as {late[0]}"
            if len(late) == len(found):
                raise MediaError(f"all begin after its end at {num_frames / FPS:.2f} s: {about}")
            _log.warning("Left out %s: they begin after its end at %.2f s", about, num_frames / FPS)
        tracks = sorted((track for _, track in found if track is not None), key=lambda track: track.start)
        return Segmentation.of_tracks(media.recording_id, tracks, num_frames / FPS)

    def _paths(self, media: Standardised) -> tuple[Path, ...]:
        """The metafiles of a recording, found by its file's name, in the order of their paths."""
        assert media.video_path is not None
        own = PurePosixPath(media.recording_id)
        paths = self._listed(own) or self._listed(PurePosixPath(media.video_path.name))
        if paths is None:
            raise MediaError(f"no metafile below {self.root} has the Reference {own.stem}")
        return paths

    def _listed(self, named: PurePosixPath) -> tuple[Path, ...] | None:
        index = _index(self.root, self.content)
        return index.get(named.stem) or index.get(named.name)

    def _track(self, path: Path, size: tuple[int, int], num_frames: int) -> Track | None:
        """The track of one metafile in a picture of (width, height) px; None where it begins after the recording."""
        numbers, boxes = read_rows(path)
        if numbers[0] < self.first_frame:
            raise MediaError(f"{path}: frame {numbers[0]} comes before segment.first_frame={self.first_frame}")
        numbers, boxes = numbers - self.first_frame, self._fractions(boxes, size)
        corners = np.clip(np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1), 0.0, 1.0)
        inside = (corners[:, 2:] > corners[:, :2]).all(axis=1)
        if not inside.any():
            raise MediaError(f"{path}: every box lies outside the picture")
        at = np.arange(numbers[inside][0], min(int(numbers[inside][-1]) + 1, num_frames))
        if not len(at):
            return None
        return interpolated(at, at, numbers[inside], corners[inside], seen=np.isin(at, numbers[inside]))

    def _fractions(self, boxes: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
        """Left, top, width and height as fractions of the picture."""
        if boxes.max() <= LARGEST_FRACTION:
            return boxes
        width, height = size
        scale = 1.0 if self.pixel_height is None else height / self.pixel_height
        return np.asarray(boxes * scale / (width, height, width, height), np.float64)


def read_rows(path: Path) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """A metafile's frame numbers (N,), rising, and its boxes (N, 4): left, top, width and height as they stand there.

    Raises MediaError with the line of what cannot be read.
    """
    lines = enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
    if not any(_is_heading(line) for _, line in lines):
        raise MediaError(f"{path} has no line `FRAME X Y W H`")
    rows = [_row(path, number, line.split()) for number, line in lines if line.strip()]
    if not rows:
        raise MediaError(f"{path} has no row below `FRAME X Y W H`")
    for (_, before, _), (line, frame, _) in pairwise(rows):
        if frame <= before:
            raise MediaError(f"{path}, line {line}: frame {frame} comes after frame {before}")
    return np.array([frame for _, frame, _ in rows], np.int64), np.array([box for *_, box in rows], np.float64)


def _row(path: Path, line: int, words: list[str]) -> tuple[int, int, tuple[float, ...]]:
    """A row's line, frame number and box."""
    try:
        frame, box = int(words[0]), tuple(float(word) for word in words[1:])
    except ValueError:
        frame, box = -1, ()
    if len(box) != 4 or frame < 0 or not all(math.isfinite(value) for value in box):
        raise MediaError(f"{path}, line {line}: {' '.join(words)!r} is no frame number with X Y W H")
    return line, frame, box


def _is_heading(line: str) -> bool:
    return line.upper().split() == ["FRAME", "X", "Y", "W", "H"]


def _metafiles(root: Path) -> Iterator[Path]:
    yield from sorted(path for path in root.rglob("*.txt") if path.is_file())


def _content(root: Path) -> str:
    state = hashlib.sha256()
    for path in _metafiles(root):
        content = path.read_bytes()
        state.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        state.update(content)
    return state.hexdigest()


@lru_cache(maxsize=2)
def _index(root: Path, content: str) -> dict[str, tuple[Path, ...]]:
    """The metafiles of each recording; once per process, outside the segmenter, which stays small to pickle."""
    found: dict[str, list[Path]] = {}
    for path in _metafiles(root):
        if (reference := _reference(path)) is not None:
            found.setdefault(reference, []).append(path)
    return {reference: tuple(paths) for reference, paths in found.items()}


def _reference(path: Path) -> str | None:
    """The recording that a metafile is of; None where the file is no metafile."""
    with path.open("rb") as file:
        lines = file.read(_HEADER_BYTES).decode("utf-8", errors="replace").splitlines()
    for line in lines:
        key, colon, value = line.partition(":")
        if colon and key.strip().lower() == "reference" and value.strip():
            return value.strip()
    return path.parent.name if any(_is_heading(line) for line in lines) else None
