"""VoxCeleb1 and VoxCeleb2: utterances of speakers in videos, with their published splits and trials."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from avcur.errors import UserError
from avcur.records import Recording
from avcur.sources.found_media import warn_counted, warn_left_out
from avcur.sources.voxceleb.identification import read_sides
from avcur.sources.voxceleb.layout import choose, scan
from avcur.sources.voxceleb.metadata import read_attributes, read_sets
from avcur.sources.voxceleb.names import Side, session_of, speaker_of
from avcur.sources.voxceleb.trials import read_trials
from avcur.store.keys import file_digest

_log = logging.getLogger(__name__)

_WHERE = "give the folder that holds them too, or source.allow_missing=true to go on without them"


@dataclass
class VoxCelebSource:
    """Utterances `<speaker>/<video>/<utterance>.<suffix>` at any depth below `root`; their ids have no suffix.

    An utterance in several forms is one recording (see `layout.choose`): a video with its sound file, else its sound.
    What says the published split:
    `meta`, one metafile or several: the speakers of Set dev are train, those of test are test; it also says their sex
    and nationality;
    `iden_split`: the identification's list puts utterances into train, val and test;
    `trials`: a verification list; its speakers are test and all others train, but for those that `meta` calls test.
    What the list or the metafiles do not name is left out and counted. What the list names and is not there is a
    UserError, unless `allow_missing`. `needs` is the list, iden_split or trials, without which a benchmark is none.

    A session is `<speaker>/<video>`, as VoxCeleb's own lists have it: one YouTube video in which two speakers were
    found is two sessions, and so two groups, although room and channel may be the same in both.
    """

    root: Path
    meta: Sequence[Path] | Path | None = None
    iden_split: Path | None = None
    trials: Path | None = None
    allow_missing: bool = False
    pictures: bool = True
    needs: Literal["iden_split", "trials"] | None = None
    name: str = "voxceleb"
    _recordings: list[Recording] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.root = Path(self.root)
        given = [self.meta] if isinstance(self.meta, str | Path) else self.meta or ()
        self.meta = tuple(Path(path) for path in given)
        self.iden_split = Path(self.iden_split) if self.iden_split else None
        self.trials = Path(self.trials) if self.trials else None
        if self.needs is not None and getattr(self, self.needs) is None:
            raise UserError(f"This benchmark goes by a list of VoxCeleb: give source.{self.needs}=<its file>")
        other = [name for name in ("trials", "meta") if getattr(self, name)]
        if self.iden_split and other:
            raise UserError(f"source.iden_split and source.{other[0]} say two different splits; leave one of them out")

    @property
    def test_is_fixed(self) -> bool:
        """Whether a subset leaves the published test whole: trials name its utterances one by one."""
        return self.trials is not None

    def recordings(self) -> list[Recording]:
        """The utterances sorted by id; `split` as published, None where nothing says one."""
        if self._recordings is None:
            self._recordings = self._scan()
        return self._recordings

    def face_labels(self) -> None:
        """None: there are no labels of who speaks in which frame."""
        return None

    def segment_labels(self) -> None:
        """None: an utterance is of one speaker throughout."""
        return None

    def key(self) -> Any:
        lists = {name: _digest(getattr(self, name)) for name in ("iden_split", "trials")}
        return {
            "source": self.name, "root": str(self.root.absolute()), "meta": [_digest(path) for path in self._meta()],
            **lists, "allow_missing": self.allow_missing, "pictures": self.pictures,
        }  # fmt: skip

    def _meta(self) -> tuple[Path, ...]:
        assert isinstance(self.meta, tuple)
        return self.meta

    def _scan(self) -> list[Recording]:
        found = scan(self.root)
        chosen = choose(found.utterances, self.pictures)
        warn_left_out("media files that are not in <speaker>/<video>/", found.stray)
        warn_left_out("videos without a sound file or a sound of their own", chosen.without_sound)
        warn_counted("Used without a picture", "sound files of speakers with videos", chosen.without_picture)
        sides, known = self._sides(chosen.files), read_attributes(self._meta())
        recordings = [
            Recording(name, files.path, speaker_of(name), session=session_of(name),
                      entities=(f"speaker:{speaker_of(name)}",), split=sides[name], audio_path=files.audio_path,
                      attributes=known.get(speaker_of(name), ()))
            for name, files in chosen.files.items() if name in sides
        ]  # fmt: skip
        if not recordings:
            raise UserError(
                f"None of the {len(chosen.files)} utterances below source.root={self.root} is named by "
                f"{self.iden_split or ' and '.join(map(str, self._meta()))}"
            )
        return recordings

    def _sides(self, names: Collection[str]) -> Mapping[str, Side | None]:
        """The published side of each utterance that is to be used."""
        if self.iden_split is not None:
            return self._identified(names, self.iden_split)
        sets = read_sets(self._meta())
        if sets:
            unknown = sorted({speaker_of(name) for name in names} - sets.keys())
            warn_left_out("speakers that source.meta does not name", unknown)
            names = [name for name in names if speaker_of(name) in sets]
        if self.trials is not None:
            return self._tried(names, self.trials, sets)
        return {name: sets[speaker_of(name)] if sets else None for name in names}

    def _identified(self, names: Collection[str], path: Path) -> dict[str, Side]:
        sides = read_sides(path)
        self._check_there(sides.keys() - names, len(sides), "utterances", path)
        warn_left_out("utterances that source.iden_split does not name", sorted(set(names) - sides.keys()))
        return {name: sides[name] for name in names if name in sides}

    def _tried(self, names: Collection[str], path: Path, sets: Mapping[str, Side]) -> dict[str, Side]:
        trials = read_trials(path)
        tried = {*trials["enrol"], *trials["test"]}
        missing = tried.difference(names)
        self._check_there(missing, len(tried), "utterances", path)
        if missing:
            lost = trials.filter(trials["enrol"].is_in(list(missing)) | trials["test"].is_in(list(missing)))
            _log.warning("Left out %d of %d trials of %s", len(lost), len(trials), path)
        speakers = {speaker_of(name) for name in tried}
        held = {speaker for speaker, side in sets.items() if side == "test"} - speakers
        unheard = sorted(held.intersection(map(speaker_of, names)))
        warn_left_out("speakers of the published test that no trial names", unheard)
        return {
            name: "test" if speaker in speakers else "train"
            for name in names if (speaker := speaker_of(name)) not in held
        }  # fmt: skip

    def _check_there(self, missing: Collection[str], total: int, what: str, path: Path) -> None:
        """A UserError, or a warning where it is allowed, for what a list names and is not below the root."""
        if not missing:
            return
        first = min(missing)
        said = f"{len(missing)} of the {total} {what} of {path} are not below source.root={self.root}, such as {first}"
        if not self.allow_missing:
            raise UserError(f"{said}; {_WHERE}")
        if len(missing) == total:
            raise UserError(f"{said}; nothing of the list is there")
        _log.warning("%s", said)


def _digest(path: Path | None) -> str | None:
    return file_digest(path) if path is not None and path.is_file() else None
