"""AVA's official average precision with pandas and a loop, as one would write it down from its definition.

`python -m experiments.benchmarks.active_speaker.reference TRUTH PREDICTIONS` prints the value: what the product's
command is timed against, and checked by.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from numpy.typing import NDArray

COLUMNS = ["video_id", "timestamp", "x1", "y1", "x2", "y2", "label", "entity_id"]


def main(truth: str, predictions: str) -> None:
    rows = read(truth, COLUMNS)[["key", "label"]].merge(
        read(predictions, [*COLUMNS, "score"])[["key", "score"]], on="key", validate="one_to_one"
    )
    rows = rows.sort_values("score", ascending=False).reset_index(drop=True)
    print(repr(area((rows["label"] == "SPEAKING_AUDIBLE").to_numpy())))


def read(path: str, columns: list[str]) -> pd.DataFrame:
    table = pd.read_csv(path, header=None, names=columns)
    table["key"] = table["timestamp"].astype(float).map(str) + ":" + table["entity_id"]
    return table


def area(speaking: NDArray[np.bool_]) -> float:
    """From rows by falling score: precision made monotone from the right, times the steps of recall."""
    positives = np.cumsum(speaking)
    recall = np.concatenate([[0.0], positives / positives[-1], [1.0]])
    precision = np.concatenate([[0.0], positives / np.arange(1, len(speaking) + 1), [0.0]])
    for rank in range(len(precision) - 2, -1, -1):
        precision[rank] = max(precision[rank], precision[rank + 1])
    steps = np.flatnonzero(recall[1:] != recall[:-1])
    return float(np.sum((recall[steps + 1] - recall[steps]) * precision[steps + 1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
