"""How the exporting commands end: a person's mistake is one line on stderr and exit code 2, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable

from avcur.errors import UserError


def ends_cleanly(work: Callable[[], str]) -> int:
    """Print what `work` says of itself and return 0; 2 and one line where it ends with a person's mistake."""
    try:
        print(work())
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.filename is None:
            raise
        print(f"error: cannot use {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0
