"""Name the fault of a file that no decoder opens, from its first bytes and the headers of its parts."""

from __future__ import annotations

from pathlib import Path

from avcur.media.errors import MediaError


def check_readable(path: Path) -> None:
    """Raise MediaError for faults that need no decoder: missing, a folder, empty."""
    if not path.exists():
        raise MediaError(f"file does not exist: {path}")
    if path.is_dir():
        raise MediaError(f"a folder, not a media file: {path}")
    if path.stat().st_size == 0:
        raise MediaError("empty file (0 bytes)")


def why_not_opened(path: Path, error: Exception) -> str:
    with path.open("rb") as file:
        head = file.read(64)
    if head[4:8] == b"ftyp" and not has_atom(path, b"moov"):
        return "index (moov) missing: the file was cut short before its end"
    if not head.strip(b"\0"):
        return "not a media file (starts with zero bytes)"
    if _is_text(head):
        return "not a media file (plain text)"
    return f"not a media file that can be decoded ({type(error).__name__})"


def _is_text(head: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\r\n" for byte in head)


def has_atom(path: Path, name: bytes) -> bool:
    """Whether the MP4 has a top-level atom `name`; only the atoms' headers are read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        position = 0
        while position + 8 <= size:
            file.seek(position)
            header = file.read(16)
            if header[4:8] == name:
                return True
            length = int.from_bytes(header[:4], "big")
            length = int.from_bytes(header[8:16], "big") if length == 1 else length
            if length < 8:
                return False
            position += length
    return False


def wav_shortfall(path: Path) -> float:
    """Share of the sound that a WAV header promises but the file lacks (0.0: whole, or not a WAV)."""
    with path.open("rb") as file:
        if file.read(4) != b"RIFF" or file.seek(8) != 8 or file.read(4) != b"WAVE":
            return 0.0
        while len(header := file.read(8)) == 8:
            length = int.from_bytes(header[4:], "little")
            if header[:4] == b"data":
                there = path.stat().st_size - file.tell()
                return 0.0 if length in (0, 0xFFFFFFFF) else max(0.0, 1 - there / length)
            file.seek(length + length % 2, 1)
    return 0.0
