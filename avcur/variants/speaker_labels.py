"""Speaker labels from a CSV or from a column of the signal table, in place of the source's own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from avcur import labels
from avcur.corpus import Corpus
from avcur.errors import UserError
from avcur.signals.csv_rows import CsvRows
from avcur.store.keys import file_digest

SPEAKER = "speaker"


@dataclass(frozen=True)
class SpeakerLabels:
    """Where a variant's speakers come from: `csv`, or the whole numbers of the column `signal`; neither: the source.

    The CSV has a column `speaker`; `CsvRows` says how a clip's row is found. Numbers n of a column become the label
    `<column>:<n>`, so clusters of voices or faces can be speakers. A clip without a row, with an empty cell or without
    an ok measurement has no speaker.
    """

    csv: Path | None = None
    signal: str | None = None

    def __post_init__(self) -> None:
        if self.csv is not None and self.signal is not None:
            raise UserError("speaker_labels.csv and speaker_labels.signal both say who speaks; give one of them")

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> SpeakerLabels:
        """From the config's entry `speaker_labels`."""
        csv, signal = entry["csv"], entry["signal"]
        return cls(None if csv is None else Path(csv), None if signal is None else str(signal))

    def recipe(self) -> dict[str, Any] | None:
        """What a variant's card says of them: the CSV by its content too; None where the source's own are kept."""
        if self.csv is not None:
            return {"csv": str(self.csv), "sha256": file_digest(self.csv)}
        return None if self.signal is None else {"signal": self.signal}

    def applied(self, corpus: Corpus, known: Collection[str]) -> Corpus:
        """The corpus as these labels have it; nothing is measured or stored.

        `known` are the measured columns. Entities name the new speakers, so that none is on both sides of a split by
        component; where the source names speakers as entities, these keep holding together too. Raises UserError for a
        column that is not measured, a number that is not whole, a CSV that cannot be read, and labels for no clip.
        """
        if self.csv is None and self.signal is None:
            return corpus
        found = dict(self._of_csv(corpus, self.csv) if self.csv is not None else self._of_signal(corpus, known))
        if not found and len(corpus.clips):
            raise UserError(f"{self._entry()} labels none of the {len(corpus.clips)} clips of this source")
        return replace(corpus, clips=_spoken(corpus.clips, found))

    def _entry(self) -> str:
        return f"speaker_labels.csv={self.csv}" if self.csv is not None else f"speaker_labels.signal={self.signal}"

    def _of_csv(self, corpus: Corpus, csv: Path) -> Iterator[tuple[str, str]]:
        rows = CsvRows.open(csv, "speaker_labels.csv")
        if SPEAKER not in rows.columns:
            there = ", ".join(rows.columns) or "none beside those that say of which clip a row is"
            raise UserError(f"speaker_labels.csv: {csv} has no column {SPEAKER!r}; its columns: {there}")
        for clip in corpus.clips.select("clip_id", "recording_id", "start", "end").iter_rows():
            try:
                row = rows.row(*clip)
            except LookupError as error:
                raise UserError(f"speaker_labels.csv: {error}; name each in full") from error
            if row is not None and (speaker := (row[SPEAKER] or "").strip()):
                yield clip[0], speaker

    def _of_signal(self, corpus: Corpus, known: Collection[str]) -> Iterator[tuple[str, str]]:
        if self.signal is None or self.signal not in known:
            there = ", ".join(sorted(known)) or "none"
            raise UserError(f"speaker_labels.signal: no column {self.signal!r} is measured; known columns: {there}")
        ok = corpus.signals.rows(self.signal).filter(state="ok")
        for clip_id, value in ok.select("clip_id", "value").iter_rows():
            if value != int(value):
                raise UserError(
                    f"speaker_labels.signal={self.signal} is {value:g} for clip {clip_id}; labels are whole numbers, "
                    "such as those of clusters"
                )
            yield clip_id, f"{self.signal}:{int(value)}"


def _spoken(clips: pl.DataFrame, found: Mapping[str, str]) -> pl.DataFrame:
    """The clip table with these speakers, and with the content and the entities that follow from them."""
    changed: dict[str, list[Any]] = {SPEAKER: [], "content": [], "entities": []}
    columns = ("clip_id", "speaking", "audio_type", "entities")
    for clip_id, speaking, audio_type, entities in clips.select(columns).iter_rows():
        speaker = found.get(clip_id)
        named = [f"speaker:{speaker}"] if speaker else []
        changed[SPEAKER].append(speaker)
        changed["content"].append(labels.content(speaking, audio_type, speaker))
        changed["entities"].append(list(dict.fromkeys([*(entities or []), *named])))
    return clips.with_columns(pl.Series(name, values, dtype=clips.schema[name]) for name, values in changed.items())
