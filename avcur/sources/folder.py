"""Any folder of video or audio files, labelled by folder names or by a CSV."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from avcur.errors import UserError
from avcur.records import Recording
from avcur.sources.found_media import media_files
from avcur.sources.labels_csv import AUDIO_TYPE_ALIASES, LabelsCsv, audio_type_named
from avcur.store.keys import file_digest


@dataclass
class FolderSource:
    """Every media file below `root`, in the order of its path; the path below `root` is the recording's id.

    `label` says what the first folder below root names: "speaker", "audio_type", "none", or "auto" (audio types where
    every folder has such a name, else speakers). A second folder level is the session. `labels_csv` has a `path` column
    (relative to root) and any of speaker, audio_type, session, entities (separated by ";") and split (train, val or
    test: the side that `split=published` then keeps to). A column that is there overrides what folders say, by an empty
    cell too; of the labels without a column the folders' stay. Beside a column audio_type, "auto" takes folders for
    speakers only where none has an audio type's name. All its other columns (sex, language, ...)
    are attributes of the recordings, but for names in TAKEN, which are left out with a warning. Columns are matched
    whatever their case; a file may be named twice only where both rows give the same labels (it then lacks the
    attributes in which they differ).
    """

    root: Path
    label: str = "auto"
    labels_csv: Path | None = None
    name: str = "folder"
    _recordings: list[Recording] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.root = Path(self.root)
        self.labels_csv = Path(self.labels_csv) if self.labels_csv else None
        if self.label not in ("auto", "speaker", "audio_type", "none"):
            raise UserError(f"source.label is {self.label!r}; use auto, speaker, audio_type or none")

    def recordings(self) -> list[Recording]:
        if self._recordings is None:
            self._recordings = self._scan()
        return self._recordings

    def _scan(self) -> list[Recording]:
        paths = self._paths()
        if self.labels_csv is None:
            label = self._resolved_label(paths)
            return [self._recording(path, label) for path in paths]
        csv = LabelsCsv.read(self.labels_csv)
        csv.check_files({self._id(path) for path in paths}, self.root)
        label = self._resolved_label(paths, csv.columns)
        return [csv.labelled(self._recording(path, label, "audio_type" not in csv.columns)) for path in paths]

    def _paths(self) -> list[Path]:
        paths = media_files(self.root)
        if not paths:
            raise UserError(f"No video or audio file below source.root={self.root}")
        return paths

    def _resolved_label(self, paths: list[Path], columns: Collection[str] = ()) -> str:
        """What folders name, where a CSV of `columns` is there too."""
        if self.label != "auto":
            return self.label
        names = self._first_folders(paths)
        odd = _odd(names)
        if not names or ("audio_type" in columns and 0 < len(odd) < len(names)):
            return "none"
        return "speaker" if odd else "audio_type"

    def _recording(self, path: Path, label: str, typed: bool = True) -> Recording:
        """What the folders of a file say of it; no audio type unless `typed`."""
        folders, recording_id = path.relative_to(self.root).parts[:-1], self._id(path)
        if not folders or label == "none":
            return Recording(recording_id, path)
        if label == "speaker":
            session = "/".join(folders[:2]) if len(folders) > 1 else None
            return Recording(
                recording_id, path, speaker=folders[0], session=session, entities=(f"speaker:{folders[0]}",)
            )
        audio_type = audio_type_named(folders[0], path) if typed else None
        return Recording(recording_id, path, audio_type=audio_type, session="/".join(folders[1:2]) or None)

    def _id(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _first_folders(self, paths: list[Path]) -> list[str]:
        """The folders of root that there are files below, by name."""
        return sorted({folders[0] for path in paths if (folders := path.relative_to(self.root).parts[:-1])})

    def lacks(self, label: str) -> str:
        """Why no recording has the `label` (speaker or audio_type), and what to change, in words."""
        if self.labels_csv is not None and label in LabelsCsv.read(self.labels_csv).columns:
            return f"the column {label!r} of {self.labels_csv} is empty; fill it in"
        return f"{self._folders_lack(label)}, or give a column {label!r} in source.labels_csv"

    def _folders_lack(self, label: str) -> str:
        names = self._first_folders(self._paths())
        odd = _odd(names)
        if self.label not in ("auto", label):
            return f"source.label={self.label} asks folders for none; use source.label={label} where they name it"
        if not names:
            return f"no file lies in a folder of source.root={self.root}, which would name it; sort them into folders"
        if label == "audio_type" and odd:
            more = f" and {len(odd) - 1} more are no audio types" if len(odd) > 1 else " is no audio type"
            known = ", ".join(AUDIO_TYPE_ALIASES)
            return f"folder {odd[0]!r}{more} ({known}), so that folders are speakers; rename it or move it out"
        types = ", ".join(name for name in names if name not in odd)
        return f"folders named as audio types ({types}) are no speakers; use source.label=speaker where they are"

    def face_labels(self) -> pl.DataFrame | None:
        return None

    def segment_labels(self) -> pl.DataFrame | None:
        return None

    def key(self) -> Any:
        csv = file_digest(self.labels_csv) if self.labels_csv and self.labels_csv.is_file() else None
        return {"source": self.name, "root": str(self.root.absolute()), "label": self.label, "labels_csv": csv}


def _odd(names: Iterable[str]) -> list[str]:
    """Those that are no audio type's name."""
    return [name for name in names if name.lower() not in AUDIO_TYPE_ALIASES]
