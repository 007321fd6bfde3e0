"""Where a network runs."""

from __future__ import annotations


def device_named(name: str) -> str:
    """The torch device of a config: `auto` is a GPU where there is one, else the CPU."""
    import torch  # here, so that the process that only hands out work does without its 450 MB

    return ("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name
