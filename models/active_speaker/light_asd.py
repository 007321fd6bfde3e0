"""Light-ASD (Liao et al., CVPR 2023): which face speaks, from lip motion and sound, in one million parameters."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS = (32, 64, 128)
"""Of the three blocks of both encoders at width 1."""
FACE_MEAN, FACE_STD = 0.4161, 0.1688
"""Of grey AVA faces scaled to 0..1; the published weights expect them."""
MFCC_PER_FRAME = 4


class _Block(nn.Module):
    """Two parallel branches (kernels 3 and 5) of a spatial and a temporal convolution, added, then mixed 1x1.

    A subclass says over which axes a kernel of size k reaches. `space` is the first letter of the published names:
    `s_3`, `bn_s_3`, `t_3`, `bn_t_3`, ..., `last`, `bn_last`.
    """

    space: str
    conv: type[nn.Module]
    norm: type[nn.Module]

    def __init__(self, num_in: int, num_out: int, momentum: float, stride: int = 1) -> None:
        super().__init__()
        for k in (3, 5):
            self.add_module(f"{self.space}_{k}", self._space_conv(num_in, num_out, k, stride))
            self.add_module(f"bn_{self.space}_{k}", self.norm(num_out, momentum=momentum, eps=1e-3))
            self.add_module(f"t_{k}", self._time_conv(num_out, k))
            self.add_module(f"bn_t_{k}", self.norm(num_out, momentum=momentum, eps=1e-3))
        self.last = self.conv(num_out, num_out, kernel_size=1, bias=False)
        self.bn_last = self.norm(num_out, momentum=momentum, eps=1e-3)

    def _space_conv(self, num_in: int, num_out: int, k: int, stride: int) -> nn.Module:
        raise NotImplementedError

    def _time_conv(self, num: int, k: int) -> nn.Module:
        raise NotImplementedError

    def _branch(self, x: Tensor, k: int) -> Tensor:
        for stage in (f"{self.space}_{k}", f"t_{k}"):
            x = functional.relu(getattr(self, f"bn_{stage}")(getattr(self, stage)(x)))
        return x

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn_last(self.last(self._branch(x, 3) + self._branch(x, 5))))


class _VisualBlock(_Block):
    """On (B, C, T, H, W): kernels over H and W, then over T."""

    space, conv, norm = "s", nn.Conv3d, nn.BatchNorm3d

    def _space_conv(self, num_in: int, num_out: int, k: int, stride: int) -> nn.Module:
        return nn.Conv3d(num_in, num_out, (1, k, k), (1, stride, stride), (0, k // 2, k // 2), bias=False)

    def _time_conv(self, num: int, k: int) -> nn.Module:
        return nn.Conv3d(num, num, (k, 1, 1), padding=(k // 2, 0, 0), bias=False)


class _AudioBlock(_Block):
    """On (B, C, coefficients, T): kernels over coefficients, then over T."""

    space, conv, norm = "m", nn.Conv2d, nn.BatchNorm2d

    def _space_conv(self, num_in: int, num_out: int, k: int, stride: int) -> nn.Module:
        return nn.Conv2d(num_in, num_out, (k, 1), (stride, 1), (k // 2, 0), bias=False)

    def _time_conv(self, num: int, k: int) -> nn.Module:
        return nn.Conv2d(num, num, (1, k), padding=(0, k // 2), bias=False)


class VisualEncoder(nn.Module):
    """Normalised grey faces (B, 1, T, H, W) -> (B, T, C)."""

    def __init__(self, channels: tuple[int, int, int], momentum: float) -> None:
        super().__init__()
        self.block1 = _VisualBlock(1, channels[0], momentum, stride=2)
        self.block2 = _VisualBlock(channels[0], channels[1], momentum)
        self.block3 = _VisualBlock(channels[1], channels[2], momentum)

    def forward(self, x: Tensor) -> Tensor:
        # Channels last runs the thin 3D convolutions of a narrow network up to four times as fast on a CPU.
        x = x.contiguous(memory_format=torch.channels_last_3d)
        for block in (self.block1, self.block2):
            x = functional.max_pool3d(block(x), (1, 3, 3), (1, 2, 2), (0, 1, 1))
        return self.block3(x).amax(dim=(3, 4)).transpose(1, 2)


class AudioEncoder(nn.Module):
    """MFCC (B, 1, coefficients, 4 T) -> (B, T, C)."""

    def __init__(self, channels: tuple[int, int, int], momentum: float) -> None:
        super().__init__()
        self.block1 = _AudioBlock(1, channels[0], momentum)
        self.block2 = _AudioBlock(channels[0], channels[1], momentum)
        self.block3 = _AudioBlock(channels[1], channels[2], momentum)

    def forward(self, x: Tensor) -> Tensor:
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

    def forward(self, mfcc: Tensor, faces: Tensor) -> tuple[Tensor, Tensor]:
        """The fused and the visual embeddings, (B, T, C) each."""
        audio = self.audioEncoder(mfcc.transpose(1, 2).unsqueeze(1))
        visual = self.visualEncoder(((faces.float() / 255 - FACE_MEAN) / FACE_STD).unsqueeze(1))
        return self.GRU(audio + visual), visual


class Head(nn.Module):
    """Embedding -> logits (not speaking, speaking)."""

    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.FC = nn.Linear(num_channels, 2)

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
        fused, visual = self.model(mfcc, faces)
        return self.lossAV(fused), self.lossV(visual)


def _he_init(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.Conv3d):
        nn.init.kaiming_normal_(module.weight)
