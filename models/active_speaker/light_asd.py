"""Light-ASD (Liao et al., CVPR 2023): which face speaks, from lip motion and sound, in one million parameters."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.active_speaker.grey_faces import normalised
from models.base import ExactLinear

CHANNELS = (32, 64, 128)
"""Of the three blocks of both encoders at width 1."""
MFCC_PER_FRAME = 4
LANES = 8
"""Batch norm of fewer channels than a CPU's vectors hold is eight times slower channels last than plane by plane."""


class _Block(nn.Module):
    """Two parallel branches (kernels 3 and 5) of a spatial and a temporal convolution, added, then mixed 1x1.

    A subclass says over which axes a kernel of size k reaches, on channels-last tensors (N, C, ., .). `space` is the
    first letter of the published names: `s_3`, `bn_s_3`, `t_3`, `bn_t_3`, ..., `last`, `bn_last`.
    """

    space: str
    conv: type[nn.Module]

    def __init__(self, num_in: int, num_out: int, momentum: float, stride: int = 1) -> None:
        super().__init__()
        for k in (3, 5):
            self.add_module(f"{self.space}_{k}", self._space_conv(num_in, num_out, k, stride))
            self.add_module(f"bn_{self.space}_{k}", nn.BatchNorm2d(num_out, momentum=momentum, eps=1e-3))
            self.add_module(f"t_{k}", self._time_conv(num_out, k))
            self.add_module(f"bn_t_{k}", nn.BatchNorm2d(num_out, momentum=momentum, eps=1e-3))
        self.last = self.conv(num_out, num_out, kernel_size=1, bias=False)
        self.bn_last = nn.BatchNorm2d(num_out, momentum=momentum, eps=1e-3)

    def _space_conv(self, num_in: int, num_out: int, k: int, stride: int) -> nn.Module:
        raise NotImplementedError

    def _time_conv(self, num: int, k: int) -> nn.Module:
        raise NotImplementedError

    def _activated(self, stage: str, x: Tensor) -> Tensor:
        """Batch norm and ReLU of what the convolution `stage` has made; ReLU writes over the batch norm's output."""
        x = x if x.shape[1] >= LANES else x.contiguous()
        return functional.relu(getattr(self, f"bn_{stage}")(x), inplace=True)


class _VisualBlock(_Block):
    """On the frames of all tracks (B T, C, H, W): kernels over H and W, then over T.

    A CPU's kernels for thin 3D convolutions, for batch norm and for pooling of 5D tensors are two to twelve times
    slower than those for 2D and channels last. So the weights keep their published 5D shapes, and work is done in 2D:
    a kernel over space sees each frame as a picture, one over time sees each track as a picture of T rows of H W
    pixels. Channels last, both are views of the same memory.
    """

    space, conv = "s", nn.Conv3d

    def _space_conv(self, num_in: int, num_out: int, k: int, stride: int) -> nn.Module:
        return nn.Conv3d(num_in, num_out, (1, k, k), (1, stride, stride), (0, k // 2, k // 2), bias=False)

    def _time_conv(self, num: int, k: int) -> nn.Module:
        return nn.Conv3d(num, num, (k, 1, 1), padding=(k // 2, 0, 0), bias=False)

    def _branch(self, x: Tensor, num_frames: int, k: int) -> Tensor:
        x = self._activated(f"s_{k}", _over_space(getattr(self, f"s_{k}"), x))
        return self._activated(f"t_{k}", _over_time(getattr(self, f"t_{k}"), x, num_frames))

    def forward(self, x: Tensor, num_frames: int) -> Tensor:
        both = self._branch(x, num_frames, 3) + self._branch(x, num_frames, 5)
        return self._activated("last", _over_space(self.last, both))


def _over_space(conv: nn.Conv3d, x: Tensor) -> Tensor:
    """A convolution whose kernel is one frame long, of pictures (N, C, H, W)."""
    weight = conv.weight.squeeze(2).contiguous(memory_format=torch.channels_last)
    return functional.conv2d(x, weight, stride=conv.stride[1:], padding=conv.padding[1:])


def _over_time(conv: nn.Conv3d, x: Tensor, num_frames: int) -> Tensor:
    """A convolution whose kernel is one pixel wide, of pictures (B T, C, H, W) with T = `num_frames`."""
    count, channels, height, width = x.shape
    lines = x.permute(0, 2, 3, 1).reshape(-1, num_frames, height * width, channels).permute(0, 3, 1, 2)
    weight = conv.weight.squeeze(4).contiguous(memory_format=torch.channels_last)
    lines = functional.conv2d(lines, weight, padding=conv.padding[:2])
    return lines.permute(0, 2, 3, 1).reshape(count, height, width, -1).permute(0, 3, 1, 2)


class _AudioBlock(_Block):
    """On (B, C, coefficients, T): kernels over coefficients, then over T."""

    space, conv = "m", nn.Conv2d

    def _space_conv(self, num_in: int, num_out: int, k: int, stride: int) -> nn.Module:
        return nn.Conv2d(num_in, num_out, (k, 1), (stride, 1), (k // 2, 0), bias=False)

    def _time_conv(self, num: int, k: int) -> nn.Module:
        return nn.Conv2d(num, num, (1, k), padding=(0, k // 2), bias=False)

    def _branch(self, x: Tensor, k: int) -> Tensor:
        for stage in (f"m_{k}", f"t_{k}"):
            x = self._activated(stage, getattr(self, stage)(x))
        return x

    def forward(self, x: Tensor) -> Tensor:
        return self._activated("last", self.last(self._branch(x, 3) + self._branch(x, 5)))


class VisualEncoder(nn.Module):
    """Normalised grey faces (B, T, H, W) -> (B, T, C)."""

    def __init__(self, channels: tuple[int, int, int], momentum: float) -> None:
        super().__init__()
        self.block1 = _VisualBlock(1, channels[0], momentum, stride=2)
        self.block2 = _VisualBlock(channels[0], channels[1], momentum)
        self.block3 = _VisualBlock(channels[1], channels[2], momentum)

    def forward(self, faces: Tensor) -> Tensor:
        num_tracks, num_frames, height, width = faces.shape
        # Not reshape(-1, 1, height, width): PyTorch reads the layout of one channel from its strides.
        x = faces.reshape(-1, height, width, 1).permute(0, 3, 1, 2)
        for block in (self.block1, self.block2):
            x = functional.max_pool2d(block(x, num_frames), 3, 2, 1)
        return self.block3(x, num_frames).amax(dim=(2, 3)).reshape(num_tracks, num_frames, -1)


class AudioEncoder(nn.Module):
    """MFCC (B, 4 T, coefficients) -> (B, T, C)."""

    def __init__(self, channels: tuple[int, int, int], momentum: float) -> None:
        super().__init__()
        self.block1 = _AudioBlock(1, channels[0], momentum)
        self.block2 = _AudioBlock(channels[0], channels[1], momentum)
        self.block3 = _AudioBlock(channels[1], channels[2], momentum)

    def forward(self, mfcc: Tensor) -> Tensor:
        x = mfcc.transpose(1, 2).unsqueeze(3).contiguous().permute(0, 3, 1, 2)  # one channel, channels last
        for block in (self.block1, self.block2):
            x = functional.max_pool2d(block(x), (1, 3), (1, 2), (0, 1))
        return self.block3(x).mean(dim=2).transpose(1, 2)


class BidirectionalGru(nn.Module):
    """A forward GRU, then a GRU over its output reversed in time; GELU after each. (B, T, C) -> (B, T, C)."""

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.gru_forward = nn.GRU(num_channels, num_channels, batch_first=True)
        self.gru_backward = nn.GRU(num_channels, num_channels, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.gelu(self.gru_forward(x)[0])
        x = self.gru_backward(x.flip(1))[0].flip(1)
        return functional.gelu(x)


class Backbone(nn.Module):
    """Both encoders, their sum, and the GRU."""

    def __init__(self, channels: tuple[int, int, int], momentum: float) -> None:
        super().__init__()
        self.visualEncoder = VisualEncoder(channels, momentum)
        self.audioEncoder = AudioEncoder(channels, momentum)
        self.GRU = BidirectionalGru(channels[-1])
        self.apply(_he_init)

    def see(self, faces: Tensor) -> Tensor:
        """Faces (B, T, H, W), grey 0..255 of any number type -> (B, T, C)."""
        return self.visualEncoder(normalised(faces))

    def hear(self, mfcc: Tensor) -> Tensor:
        """MFCC (B, 4 T, 13) -> (B, T, C)."""
        return self.audioEncoder(mfcc)


class Head(nn.Module):
    """Embedding -> logits (not speaking, speaking)."""

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.FC = ExactLinear(num_channels, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.FC(x)


class LightAsd(nn.Module):
    """Light-ASD with its two heads, under the names of the published state dict.

    `width` scales all channels: 1 is the published network (1,021,120 parameters and 516 in the heads), 0.125 runs
    on a laptop. `momentum` of the batch norms is the published 0.01; a training of a few hundred steps needs 0.1,
    else its running statistics never leave their initial values. Any face size of at least 16 pixels works.
    """

    def __init__(self, width: float = 1.0, momentum: float = 0.01) -> None:
        super().__init__()
        first, second, third = (max(2, round(c * width)) for c in CHANNELS)
        self.model = Backbone((first, second, third), momentum)
        self.lossAV = Head(third)
        self.lossV = Head(third)

    def forward(self, mfcc: Tensor, faces: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the fused and of the visual head, (B, T, 2) each.

        mfcc (B, 4 T, 13), faces (B, T, H, W) grey 0..255.
        """
        if mfcc.shape[1] != MFCC_PER_FRAME * faces.shape[1]:
            raise ValueError(f"{faces.shape[1]} frames need {MFCC_PER_FRAME} MFCC columns each, got {mfcc.shape[1]}")
        seen = self.see(faces)
        return self.decide(seen, self.hear(mfcc)), self.lossV(seen)

    def see(self, faces: Tensor) -> Tensor:
        """What the face does in each frame, (B, T, C), of faces (B, T, H, W) grey 0..255."""
        return self.model.see(faces)

    def hear(self, mfcc: Tensor) -> Tensor:
        """What sounds in each frame, (B, T, C), of MFCC (B, 4 T, 13)."""
        return self.model.hear(mfcc)

    def decide(self, seen: Tensor, heard: Tensor) -> Tensor:
        """Logits (B, T, 2) of what is seen and heard in the same frames; one voice may be tried on many faces."""
        return self.lossAV(self.model.GRU(seen + heard))

    def compile(self, *args: Any, **options: Any) -> None:
        """Compile both encoders by `torch.compile`, which fuses what stands between convolutions; no name changes.

        The recurrent part stays as it is: compilers leave it to its own kernels anyway.
        """
        self.model.visualEncoder.compile(*args, **options)
        self.model.audioEncoder.compile(*args, **options)


def _he_init(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.Conv3d):
        nn.init.kaiming_normal_(module.weight)
