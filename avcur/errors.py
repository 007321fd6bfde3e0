"""The one exception that a person is meant to read."""

from __future__ import annotations


class UserError(Exception):
    """Something in the input or configuration is wrong; the message says what, where, and what to change.

    The entry points print it as one line and exit with 2; everything else is a bug and keeps its traceback.
    """


class UnlearnableError(UserError):
    """A variant that its task cannot learn from: the other runs of a sweep may go on."""
