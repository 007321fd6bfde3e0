"""What a signal is: named columns, each with one measurement per clip; it measures and never decides."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, Literal, final

from avcur.crops.geometry import Geometry
from avcur.errors import UserError, is_the_machines
from avcur.records import Measurement
from avcur.signals.media import ClipMedia, NotApplicableError
from avcur.store.keys import fields_of
from avcur.weights import LearnedFrom

__all__ = ["ClipMedia", "NotApplicableError", "Reads", "Signal"]

Reads = Literal["picture", "sound", "both", "anything"]


class Signal(ABC):
    """A family of columns; subclasses are dataclasses of plain parameters and implement `_measure`.

    Instances are small to pickle; networks live in their module, one per process. Raise `version` when the same
    parameters give other values.
    """

    version: int = 1
    columns: tuple[str, ...]
    reads: Reads
    """What the values hang on: `picture` (the frames and the faces found in them), `sound` (the clip's span and sound),
    `both` of them (how a face and its sound go together), or `anything` else, such as which recording it is."""

    @property
    def geometry(self) -> Geometry | None:
        """The face crops it reads; those of a clip's track are written before it is measured. None: it reads none."""
        return None

    @property
    def learned(self) -> LearnedFrom | None:
        """What a checkpoint of our own in it was trained on, which must not meet a study's val or test."""
        return None

    def missing(self) -> str | None:
        """Why it can measure nothing here at all, such as weights that are not there; None where it can."""
        return None

    @cached_property
    def absent(self) -> str | None:
        """`missing`, asked once: workers get the answer with the signal and look for no weights themselves."""
        return self.missing()

    @abstractmethod
    def _measure(self, media: ClipMedia) -> dict[str, Measurement]:
        """One measurement per column; NotApplicableError and other exceptions stand for all columns."""

    @final
    def measure(self, media: ClipMedia) -> dict[str, Measurement]:
        """A measurement for every column, whatever happens: an exception or a missing column is `failed`."""
        if self.absent is not None:
            return dict.fromkeys(self.columns, Measurement.not_applicable(self.absent))
        try:
            found = self._measure(media)
        except NotApplicableError as reason:
            return dict.fromkeys(self.columns, Measurement.not_applicable(str(reason)))
        except UserError:
            raise  # the configuration's fault, such as a checkpoint of another network, and not the clip's
        except Exception as error:
            if is_the_machines(error):
                raise UserError(f"{type(self).__name__}: {error}; this machine's fault, so run again") from error
            return dict.fromkeys(self.columns, Measurement.failed(f"{type(error).__name__}: {error}"))
        missing = Measurement.failed(f"{type(self).__name__} returned no such column")
        return {column: found.get(column, missing) for column in self.columns}

    def key(self) -> dict[str, Any]:
        """Plain data that says what the values depend on besides the media: class, version, parameters.

        Values are measured anew when what was missing is there.
        """
        params: dict[str, Any] = fields_of(self) if dataclasses.is_dataclass(self) else {}
        return {
            "class": f"{type(self).__module__}.{type(self).__qualname__}",
            "version": self.version,
            "params": params,
            **({} if self.geometry is None else {"geometry": fields_of(self.geometry)}),
            **({} if self.absent is None else {"missing": self.absent}),
        }
