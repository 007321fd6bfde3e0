"""The fault of a media file, in words that a person can act on."""

from __future__ import annotations


class MediaError(Exception):
    """A file cannot be read; the message names the fault, such as `empty file (0 bytes)`."""


class MediaWarning(UserWarning):
    """A file was read only in part; the message says what is missing."""
