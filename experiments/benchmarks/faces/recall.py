"""Recall: the boxes of the product's tracks against MTCNN on every frame at full size."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from experiments.benchmarks.faces.boxes import by_frame, matched, overlaps, scale, sides
from experiments.benchmarks.faces.clips import CROWD, real_clips
from experiments.benchmarks.faces.product import Seen, configuration, seen
from experiments.benchmarks.faces.reference import Reference, reference
from experiments.benchmarks.row import Row, Settings

PROBABILITY, SIDE, MATCH = 0.9, 64.0, 0.5
"""A reference box counts from this probability and side (px) on, and is found at this IoU."""
LARGE, NEAR = 80.0, 0.3
"""A track box of this side (px) is false where no reference box, of any size or probability, has this IoU."""
RECALL, AGREEMENT, FALSE = 0.95, 0.80, 0.05


@dataclass
class Count:
    """What was counted in one clip or in several."""

    wanted: int = 0
    found: list[float] = field(default_factory=list)
    large: int = 0
    false: int = 0

    def add(self, other: Count) -> None:
        self.wanted += other.wanted
        self.found += other.found
        self.large += other.large
        self.false += other.false

    @property
    def recall(self) -> float:
        return len(self.found) / max(1, self.wanted)

    @property
    def agreement(self) -> float:
        return float(np.mean(self.found)) if self.found else 0.0

    @property
    def false_share(self) -> float:
        return self.false / max(1, self.large)

    @property
    def held(self) -> bool:
        return self.recall >= RECALL and self.agreement >= AGREEMENT and self.false_share <= FALSE

    def __str__(self) -> str:
        return (
            f"recall {self.recall:.4f} of {self.wanted}, mean IoU {self.agreement:.3f}, "
            f"false {self.false_share:.2%} of {self.large}"
        )


def count(found: Seen, wanted: Reference) -> Count:
    """Compare a clip's tracks with its reference, frame by frame."""
    total = Count()
    pixels = scale(found.look.width, found.look.height)
    for frame, boxes in enumerate(by_frame(found.segmentation.tracks, wanted.num_frames)):
        own = boxes * pixels
        at = wanted.frame == frame
        all_boxes = wanted.boxes[at]
        sure = all_boxes[(wanted.probabilities[at] >= PROBABILITY) & (sides(all_boxes) >= SIDE)]
        large = own[sides(own) >= LARGE]
        near = overlaps(large, all_boxes).max(axis=1, initial=0.0)
        total.add(Count(len(sure), matched(sure, own, MATCH), len(large), int((near < NEAR).sum())))
    return total


def compare(path: Path) -> Count:
    """Print and return the count of one clip."""
    found, wanted = seen(path), reference(path)
    counted = count(found, wanted)
    frames = f"{found.look.num_frames} frames"
    if found.look.num_frames != wanted.num_frames:
        frames += f" (reference: {wanted.num_frames})"
    looked = f"{len(found.look.sample)} looked at, {len(found.segmentation.tracks)} tracks"
    print(f"  {path.name:28} {frames}, {looked}: {counted}", flush=True)
    return counted


def rows(settings: Settings) -> list[Row]:
    segment = configuration().segment
    print(f"recall, tracks with min_size={segment.min_size} px, min_length={segment.min_length} s")
    total = Count()
    for name in real_clips(settings):
        total.add(compare(settings.clip(name)))
    crowd = compare(settings.clip(CROWD))
    bar = f"recall >= {RECALL}, IoU >= {AGREEMENT:.2f}, false <= {FALSE:.0%}"
    return [
        Row("recall of the reference", bar, str(total), total.held),
        Row("the crowd clip, apart", "", str(crowd)),
    ]
