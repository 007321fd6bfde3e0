"""What both entry points do around their work: a person's mistake is one line and exit code 2, never a traceback."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import NoReturn

from hydra.errors import InstantiationException
from omegaconf import DictConfig
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from avcur.errors import UserError


def cleanly(work: Callable[[DictConfig], None]) -> Callable[[DictConfig], None]:
    """Wrap an entry point's function: user errors end the process with one line, a bug keeps its traceback."""

    @functools.wraps(work)
    def wrapped(cfg: DictConfig) -> None:
        try:
            work(cfg)
        except UserError as error:
            _end(str(error))
        except MissingMandatoryValue as error:
            _end(f"{error}; give it on the command line, such as source.root=path/to/folder")
        except InstantiationException as error:
            # Hydra wraps what a constructor raises; only a person's mistake is unwrapped.
            if isinstance(error.__cause__, (UserError, TypeError, ImportError)):
                _end(str(error.__cause__))
            if error.__cause__ is None:
                _end(str(error))
            raise
        except OmegaConfBaseException as error:
            _end(str(error).replace("\n", " "))
        except KeyboardInterrupt:
            _end("interrupted; run the same command again to go on where it stopped", code=130)

    return wrapped


def _end(message: str, code: int = 2) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(code)
