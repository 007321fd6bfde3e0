"""A two-stream network for lip synchrony: an embedding of the mouth and one of the sound for every frame."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

MARGIN = 3
"""Frames at either end that have no embedding: both streams see 7 frames (280 ms) and nothing is padded in time."""


class VisualStream(nn.Module):
    """Grey mouths (B, T, H, W) 0..255 -> (B, T - 6, D). Kernels over time: 5 at the first layer, 3 at the last but one.

    The first layer sees motion before anything is pooled, as in SyncNet (Chung & Zisserman 2016). The last map is read
    with a weight for each of its places, since where the mouth is dark says more than that it is.
    """

    def __init__(self, size: int, channels: tuple[int, int, int, int], width: int, num_out: int) -> None:
        super().__init__()
        first, second, third, fourth = channels
        self.motion = nn.Sequential(
            nn.Conv3d(1, first, (5, 5, 5), (1, 2, 2), (0, 2, 2), bias=False), nn.BatchNorm3d(first), nn.ReLU()
        )
        self.shape = nn.Sequential(*_halving(first, second), *_halving(second, third), *_halving(third, fourth))
        side = -(-size // 16)
        self.place = nn.Sequential(nn.Conv2d(fourth, width, side, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        self.time = nn.Sequential(nn.Conv1d(width, width, 3, bias=False), nn.BatchNorm1d(width), nn.ReLU())
        self.out = nn.Conv1d(width, num_out, 1)

    def forward(self, mouths: Tensor) -> Tensor:
        x = self.motion((mouths.float() / 127.5 - 1).unsqueeze(1))
        num_clips, _, num_frames = x.shape[:3]
        x = self.place(self.shape(x.transpose(1, 2).flatten(0, 1)))
        x = x.flatten(1).unflatten(0, (num_clips, num_frames)).transpose(1, 2)
        return self.out(self.time(x)).transpose(1, 2)


class SoundStream(nn.Module):
    """Log-mel (B, 4 T, M) -> (B, T - 6, D).

    Over time the kernels are 3, 4, 3, 4, 4 and the strides 1, 2, 1, 2, 1, so that an embedding hears 28 columns, the
    7 frames that the visual stream sees. Frequencies are halved four times and then read with a weight for each band.
    """

    def __init__(self, num_mels: int, channels: tuple[int, int, int, int], width: int, num_out: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.BatchNorm2d(1)]
        shapes = zip((1, *channels), channels, ((3, 1), (4, 2), (3, 1), (4, 2)), strict=False)
        for num_in, num_out_, (kernel, stride) in shapes:
            conv = nn.Conv2d(num_in, num_out_, (kernel, 3), (stride, 2), (0, 1), bias=False)
            layers += [conv, nn.BatchNorm2d(num_out_), nn.ReLU()]
        self.spectrum = nn.Sequential(*layers)
        bands = -(-num_mels // 16)
        self.time = nn.Sequential(
            nn.Conv2d(channels[-1], width, (4, bands), bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.out = nn.Conv1d(width, num_out, 1)

    def forward(self, log_mel: Tensor) -> Tensor:
        return self.out(self.time(self.spectrum(log_mel.unsqueeze(1))).squeeze(3)).transpose(1, 2)


class DenseSync(nn.Module):
    """Embeddings of unit length, (B, T - 6, D) each; entry k is of frame k + `margin` and sees 3 frames to either side.

    One million parameters with the defaults. Convolutions are valid in time, so that no embedding can tell how near
    the clip's ends are, and a long clip may be embedded in pieces that overlap by 6 frames.
    """

    margin = MARGIN

    def __init__(
        self, face_size: int = 48, num_mels: int = 64, num_out: int = 128,
        visual_channels: tuple[int, int, int, int] = (16, 32, 64, 128), visual_width: int = 256,
        sound_channels: tuple[int, int, int, int] = (16, 32, 64, 128), sound_width: int = 128,
    ) -> None:  # fmt: skip
        super().__init__()
        self.visual = VisualStream(face_size, visual_channels, visual_width, num_out)
        self.sound = SoundStream(num_mels, sound_channels, sound_width, num_out)

    def see(self, mouths: Tensor) -> Tensor:
        """Grey mouths (B, T, H, W) 0..255, T of at least 7."""
        return functional.normalize(self.visual(mouths), dim=2)

    def hear(self, log_mel: Tensor) -> Tensor:
        """Log-mel (B, 4 T, M), natural logarithm of power, T of at least 7."""
        return functional.normalize(self.sound(log_mel), dim=2)

    def forward(self, mouths: Tensor, log_mel: Tensor) -> tuple[Tensor, Tensor]:
        return self.see(mouths), self.hear(log_mel)


def _halving(num_in: int, num_out: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(num_in, num_out, 3, 2, 1, bias=False), nn.BatchNorm2d(num_out), nn.ReLU()
