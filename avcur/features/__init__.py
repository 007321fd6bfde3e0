"""What signals and datamodules compute of sound; all of it hops alike."""

from avcur.records import Seconds

HOP: Seconds = 0.010
COLUMNS_PER_FRAME = 4
"""Columns of a video frame at 25 fps; column 4 i begins with frame i."""
