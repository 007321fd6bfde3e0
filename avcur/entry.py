"""What both entry points do around their work: a person's mistake is one line and exit code 2, never a traceback."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import NoReturn

from hydra.core.hydra_config import HydraConfig
from hydra.errors import InstantiationException
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from avcur.errors import UnlearnableError, UserError, fault_of

_unlearnable: list[str] = []


def cleanly(work: Callable[[DictConfig], None]) -> Callable[[DictConfig], None]:
    """Wrap an entry point's function: user errors end the process with one line, a bug keeps its traceback."""

    @functools.wraps(work)
    def wrapped(cfg: DictConfig) -> None:
        try:
            work(cfg)
        except UnlearnableError as error:
            if HydraConfig.get().mode != RunMode.MULTIRUN:
                _end(str(error))
            print(f"error: {error}; the sweep goes on", file=sys.stderr)
            _unlearnable.append(str(error))
        except UserError as error:
            _end(str(error))
        except MissingMandatoryValue as error:
            key = str(error).splitlines()[0].removeprefix("Missing mandatory value: ")
            _end(f"{key} is missing; give it on the command line: {key}=...")
        except InstantiationException as error:
            # Hydra wraps what a constructor raises; only a person's mistake is unwrapped.
            if isinstance(error.__cause__, (UserError, TypeError, ValueError, ImportError)):
                _end(str(error.__cause__))
            if error.__cause__ is None:
                _end(str(error))
            raise
        except OmegaConfBaseException as error:
            _end(str(error).replace("\n", " "))
        except OSError as error:
            if (words := fault_of(error)) is None:
                raise
            _end(words)
        except KeyboardInterrupt:
            _end("interrupted; run the same command again to go on where it stopped", code=130)

    return wrapped


def with_task_for_help(arguments: list[str]) -> None:
    """Hydra composes the config to show its help, and there is none without a task: the help is that of one of them."""
    if {"--help", "-h"} & set(arguments) and not any(a.startswith(("task=", "experiment=")) for a in arguments):
        arguments.append("task=active_speaker")


def finish() -> None:
    """End a sweep of which some runs could not learn with exit code 2, after all others are done."""
    if _unlearnable:
        _end(f"{len(_unlearnable)} runs of the sweep were not trained, as said above")


def _end(message: str, code: int = 2) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(code)
