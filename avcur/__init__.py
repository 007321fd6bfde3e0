"""Measure clips, make dataset variants, and say what curation was worth."""

__version__ = "0.1.0"
