"""Weights of networks: published files by their SHA-256, and checkpoints of our own training."""

from avcur.weights.checkpoint import Checkpoint, LearnedFrom, read_checkpoint, tensors, trained
from avcur.weights.published import AbsentWeightsError, Weights, published_record
from avcur.weights.records import RECORDS, Record

__all__ = [
    "RECORDS",
    "AbsentWeightsError",
    "Checkpoint",
    "LearnedFrom",
    "Record",
    "Weights",
    "published_record",
    "read_checkpoint",
    "tensors",
    "trained",
]
