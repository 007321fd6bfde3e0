"""A static two-tower network: half a second of sound and of face, and whether the face speaks in its middle."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from avcur.errors import UserError
from models.active_speaker.grey_faces import normalised
from models.base import ExactLinear

NUM_COLUMNS, NUM_COEFFICIENTS = 20, 13
NUM_FRAMES = 5
LAST_MAP = 6
"""Side of the last convolution over faces: what is left of 100 pixels after three pools."""
MIN_FACE = 16


class TwoTower(nn.Module):
    """The AVA baseline with one tower for MFCC and one for faces, joined late, and a head on each tower.

    Convolutions have ReLU and no batch norm; all are padded to keep their size but the last of each tower, which covers
    what is left, and the first over faces, which takes all five frames in at once. The published list gives kernels,
    channels and pools; strides are chosen so that it fits its inputs:

    - MFCC 13 x 20: the first pool has stride (1, 2), the second (2, 2), neither is padded: 11 x 9, then 5 x 4.
    - faces 100 x 100: the first convolution has stride 2, pools have stride 2, the first two with padding 1:
      50, 25, 13, then 6. The last pool adapts, which at 100 pixels is a pool of 3 with stride 2: other sizes of face
      fit the same weights.

    `width` scales all channels and dense layers but the logits; 1 is the published network
    (12,527,366 parameters).
    """

    def __init__(self, width: float = 1.0, dropout: float = 0.5) -> None:
        super().__init__()
        embedding, joint = _scaled(256, width), _scaled(512, width)
        self.audio = _AudioTower(width, embedding)
        self.video = _VideoTower(width, embedding)
        self.join = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(2 * embedding, joint), nn.ReLU(), nn.Dropout(dropout), ExactLinear(joint, 2)
        )
        self.audio_head = ExactLinear(embedding, 2)
        self.video_head = ExactLinear(embedding, 2)
        self.apply(_he_init)
        for head in (self.join[-1], self.audio_head, self.video_head):
            nn.init.normal_(head.weight, std=0.01)  # starts undecided: large first losses made training diverge

    def forward(self, mfcc: Tensor, faces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (B, 1, 2) of both towers joined, of the sound's and of the face's.

        mfcc (B, 20, 13), of mean 0 and variance 1 over each file; faces (B, 5, H, W) grey 0..255.
        """
        _check_shapes(mfcc, faces)
        heard, seen = self.audio(mfcc.transpose(1, 2).unsqueeze(1)), self.video(faces)
        heads = self.join(torch.cat([heard, seen], dim=1)), self.audio_head(heard), self.video_head(seen)
        main, audio, video = (logits.unsqueeze(1) for logits in heads)
        return main, audio, video


class _AudioTower(nn.Module):
    """MFCC (B, 1, 13, 20) -> (B, embedding)."""

    def __init__(self, width: float, embedding: int) -> None:
        super().__init__()
        channels = [1, *(_scaled(c, width) for c in (64, 192, 384, 256, 256))]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(channels))
        self.last = nn.Conv2d(channels[-1], _scaled(512, width), (5, 4))
        self.dense = nn.Linear(_scaled(512, width), embedding)

    def forward(self, x: Tensor) -> Tensor:
        strides = {1: (1, 2), 4: (2, 2)}
        for place, conv in enumerate(self.convs):
            x = functional.relu(conv(x))
            if place in strides:
                x = functional.max_pool2d(x, 3, strides[place])
        return functional.relu(self.dense(functional.relu(self.last(x)).flatten(1)))


class _VideoTower(nn.Module):
    """Grey faces (B, 5, H, W) -> (B, embedding).

    A kernel over all five frames is one over pictures of five channels, so everything is two-dimensional.
    """

    def __init__(self, width: float, embedding: int) -> None:
        super().__init__()
        channels = [_scaled(c, width) for c in (96, 256, 256, 256, 256)]
        self.first = nn.Conv2d(NUM_FRAMES, channels[0], 7, stride=2, padding=3)
        self.second = nn.Conv2d(channels[0], channels[1], 5, padding=2)
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(channels[1:]))
        self.last = nn.Conv2d(channels[-1], _scaled(512, width), LAST_MAP)
        self.dense = nn.Linear(_scaled(512, width), embedding)

    def forward(self, faces: Tensor) -> Tensor:
        x = normalised(faces).contiguous(memory_format=torch.channels_last)
        for conv in (self.first, self.second):
            x = functional.max_pool2d(functional.relu(conv(x)), 3, 2, 1)
        for conv in self.convs:
            x = functional.relu(conv(x))
        x = functional.relu(self.last(functional.adaptive_max_pool2d(x, LAST_MAP)))
        return functional.relu(self.dense(x.flatten(1)))


def _check_shapes(mfcc: Tensor, faces: Tensor) -> None:
    if mfcc.shape[1:] != (NUM_COLUMNS, NUM_COEFFICIENTS):
        raise UserError(
            f"model=two_tower hears MFCC of {NUM_COLUMNS} x {NUM_COEFFICIENTS}, got"
            f" {' x '.join(map(str, mfcc.shape[1:]))}; take datamodule=active_speaker_snippets"
        )
    if faces.shape[1] != NUM_FRAMES or min(faces.shape[2:]) < MIN_FACE:
        raise UserError(
            f"model=two_tower sees {NUM_FRAMES} faces of at least {MIN_FACE} pixels (published: 100), got"
            f" {faces.shape[1]} of {faces.shape[2]}; take datamodule=active_speaker_snippets with a"
            f" datamodule.face_size of {MIN_FACE} at least"
        )


def _scaled(channels: int, width: float) -> int:
    return max(2, round(channels * width))


def _he_init(module: nn.Module) -> None:
    """Without batch norm, weights must keep the variance through ten layers of ReLU by themselves."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.zeros_(module.bias)
