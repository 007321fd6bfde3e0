"""Weights of networks: published files by their SHA-256, and checkpoints of our own training."""

from avcur.weights.checkpoint import Checkpoint, LearnedFrom, read_checkpoint, tensors, trained
from avcur.weights.published import AbsentWeightsError, Weights
from avcur.weights.records import RECORDS, Record

__all__ = [
    "RECORDS",
    "AbsentWeightsError",
    "Checkpoint",
    "LearnedFrom",
    "Record",
    "Weights",
    "read_checkpoint",
    "tensors",
    "trained",
]
