"""Light-ASD written the plain way, as the reference of the speed benchmark: one module of PyTorch after the other.

No kernel is chosen, no layout and no order of work: 5D contiguous tensors through `Conv3d`, `BatchNorm3d`, `ReLU` and
`MaxPool3d`. Its state dict has the published names, so that outputs and gradients can be compared with
`models.active_speaker.light_asd.LightAsd` weight by weight.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.active_speaker.grey_faces import FACE_MEAN, FACE_STD
from models.active_speaker.light_asd import CHANNELS


class PlainBlock(nn.Module):
    """Two branches of a convolution over space and one over time, added, then mixed; on (B, C, T, H, W)."""

    def __init__(self, num_in: int, num_out: int, momentum: float, stride: int = 1) -> None:
        super().__init__()
        self.relu = nn.ReLU()
        for k in (3, 5):
            space = nn.Conv3d(num_in, num_out, (1, k, k), (1, stride, stride), (0, k // 2, k // 2), bias=False)
            self.add_module(f"s_{k}", space)
            self.add_module(f"bn_s_{k}", nn.BatchNorm3d(num_out, eps=1e-3, momentum=momentum))
            self.add_module(f"t_{k}", nn.Conv3d(num_out, num_out, (k, 1, 1), padding=(k // 2, 0, 0), bias=False))
            self.add_module(f"bn_t_{k}", nn.BatchNorm3d(num_out, eps=1e-3, momentum=momentum))
        self.last = nn.Conv3d(num_out, num_out, (1, 1, 1), bias=False)
        self.bn_last = nn.BatchNorm3d(num_out, eps=1e-3, momentum=momentum)

    def forward(self, x: Tensor) -> Tensor:
        x3 = self.relu(self.bn_s_3(self.s_3(x)))
        x3 = self.relu(self.bn_t_3(self.t_3(x3)))
        x5 = self.relu(self.bn_s_5(self.s_5(x)))
        x5 = self.relu(self.bn_t_5(self.t_5(x5)))
        return self.relu(self.bn_last(self.last(x3 + x5)))


class PlainAudioBlock(nn.Module):
    """The same over coefficients and time; on (B, C, coefficients, T)."""

    def __init__(self, num_in: int, num_out: int, momentum: float) -> None:
        super().__init__()
        self.relu = nn.ReLU()
        for k in (3, 5):
            self.add_module(f"m_{k}", nn.Conv2d(num_in, num_out, (k, 1), padding=(k // 2, 0), bias=False))
            self.add_module(f"bn_m_{k}", nn.BatchNorm2d(num_out, eps=1e-3, momentum=momentum))
            self.add_module(f"t_{k}", nn.Conv2d(num_out, num_out, (1, k), padding=(0, k // 2), bias=False))
            self.add_module(f"bn_t_{k}", nn.BatchNorm2d(num_out, eps=1e-3, momentum=momentum))
        self.last = nn.Conv2d(num_out, num_out, (1, 1), bias=False)
        self.bn_last = nn.BatchNorm2d(num_out, eps=1e-3, momentum=momentum)

    def forward(self, x: Tensor) -> Tensor:
        x3 = self.relu(self.bn_m_3(self.m_3(x)))
        x3 = self.relu(self.bn_t_3(self.t_3(x3)))
        x5 = self.relu(self.bn_m_5(self.m_5(x)))
        x5 = self.relu(self.bn_t_5(self.t_5(x5)))
        return self.relu(self.bn_last(self.last(x3 + x5)))


class PlainVisual(nn.Module):
    def __init__(self, channels: tuple[int, int, int], momentum: float) -> None:
        super().__init__()
        self.block1 = PlainBlock(1, channels[0], momentum, stride=2)
        self.pool1 = nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1))
        self.block2 = PlainBlock(channels[0], channels[1], momentum)
        self.pool2 = nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1))
        self.block3 = PlainBlock(channels[1], channels[2], momentum)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block3(self.pool2(self.block2(self.pool1(self.block1(x)))))
        return x.amax(dim=(3, 4)).transpose(1, 2)


class PlainAudio(nn.Module):
    def __init__(self, channels: tuple[int, int, int], momentum: float) -> None:
        super().__init__()
        self.block1 = PlainAudioBlock(1, channels[0], momentum)
        self.pool1 = nn.MaxPool3d((1, 1, 3), (1, 1, 2), (0, 0, 1))
        self.block2 = PlainAudioBlock(channels[0], channels[1], momentum)
        self.pool2 = nn.MaxPool3d((1, 1, 3), (1, 1, 2), (0, 0, 1))
        self.block3 = PlainAudioBlock(channels[1], channels[2], momentum)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block3(self.pool2(self.block2(self.pool1(self.block1(x)))))
        return x.mean(dim=2).transpose(1, 2)


class PlainGru(nn.Module):
    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.gru_forward = nn.GRU(num_channels, num_channels, batch_first=True)
        self.gru_backward = nn.GRU(num_channels, num_channels, batch_first=True)
        self.gelu = nn.GELU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.gelu(self.gru_forward(x)[0])
        x = self.gru_backward(torch.flip(x, dims=[1]))[0]
        return self.gelu(torch.flip(x, dims=[1]))


class PlainBackbone(nn.Module):
    def __init__(self, channels: tuple[int, int, int], momentum: float) -> None:
        super().__init__()
        self.visualEncoder = PlainVisual(channels, momentum)
        self.audioEncoder = PlainAudio(channels, momentum)
        self.GRU = PlainGru(channels[-1])


class PlainHead(nn.Module):
    def __init__(self, num_channels: int) -> None:
        super().__init__()
        self.FC = nn.Linear(num_channels, 2)


class PlainLightAsd(nn.Module):
    """mfcc (B, 4 T, 13), faces (B, T, H, W) grey 0..255 -> logits of the fused and of the visual head, (B, T, 2)."""

    def __init__(self, width: float = 1.0, momentum: float = 0.01) -> None:
        super().__init__()
        first, second, third = (max(2, round(c * width)) for c in CHANNELS)
        self.model = PlainBackbone((first, second, third), momentum)
        self.lossAV = PlainHead(third)
        self.lossV = PlainHead(third)

    def forward(self, mfcc: Tensor, faces: Tensor) -> tuple[Tensor, Tensor]:
        heard = self.model.audioEncoder(mfcc.transpose(1, 2).unsqueeze(1))
        seen = self.model.visualEncoder(((faces / 255 - FACE_MEAN) / FACE_STD).unsqueeze(1))
        fused = self.model.GRU(heard + seen)
        return self.lossAV.FC(fused), self.lossV.FC(seen)
