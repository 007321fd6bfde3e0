"""The one exception that a person is meant to read, and which faults are the machine's."""

from __future__ import annotations

import errno

MACHINE_FAULTS = (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EMFILE, errno.ENFILE)
"""Numbers of the errors of this machine (a full disk), which must not be stored as a property of a file."""


class UserError(Exception):
    """Something in the input or configuration is wrong; the message says what, where, and what to change.

    The entry points print it as one line and exit with 2; everything else is a bug and keeps its traceback.
    """


class DamagedCacheError(UserError):
    """A file of the cache cannot be read; what it holds can be made again."""


class UnlearnableError(UserError):
    """A variant that its task cannot learn from: the other runs of a sweep may go on."""
