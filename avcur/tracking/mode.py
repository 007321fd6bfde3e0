"""Whether W&B is reached: online, offline, or not at all."""

from __future__ import annotations

import logging
import netrc
import os
from functools import lru_cache
from typing import Literal
from urllib.parse import urlparse

from avcur.errors import UserError

WandbMode = Literal["online", "offline", "disabled", "shared"]
_MODES: dict[str, WandbMode] = {
    "online": "online", "run": "online", "offline": "offline", "dryrun": "offline", "disabled": "disabled",
    "shared": "shared",
}  # fmt: skip

_log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def announced_wandb_mode() -> WandbMode:
    """The mode of this process's W&B runs, logged once."""
    mode = wandb_mode()
    hint = " (log in or set WANDB_API_KEY to upload; `wandb sync` uploads later)" if mode == "offline" else ""
    _log.info("W&B: %s%s", mode, hint)
    return mode


def wandb_mode() -> WandbMode:
    """WANDB_MODE where it is set; else online with an API key or a netrc login for the W&B host, offline without."""
    asked = _MODES.get(os.environ.get("WANDB_MODE", "").lower())
    return asked or ("online" if os.environ.get("WANDB_API_KEY") or _has_login() else "offline")


def chosen_mode(mode: str) -> WandbMode:
    """The mode that a command's `wandb` entry asks for: auto is this process's own."""
    check_mode(mode)
    return announced_wandb_mode() if mode == "auto" else _MODES[mode]


def check_mode(mode: str) -> None:
    """A UserError for a mode that there is not, before any work."""
    if mode != "auto" and mode not in _MODES:
        raise UserError(f"wandb={mode} is unknown; use auto, online, offline or disabled")


def stay_offline() -> None:
    """Let the rest of this process's runs be offline: each would wait in vain for a server that is not there."""
    os.environ["WANDB_MODE"] = "offline"
    announced_wandb_mode.cache_clear()


def _has_login() -> bool:
    host = urlparse(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    try:
        return netrc.netrc(os.environ.get("NETRC")).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False
