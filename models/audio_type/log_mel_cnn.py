"""A small convolutional network over log-mel spectrograms."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class LogMelCnn(nn.Module):
    """Log-mel spectrograms (B, T, num_mels), natural logarithm of power -> logits (B, 2) of speech and music.

    A block per entry of `channels`: 3x3 convolution, batch norm, ReLU, 2x2 average pool. Then the mean over
    frequency, and mean plus maximum over time, so that both a steady sound and a short one are seen.
    """

    def __init__(self, channels: Sequence[int] = (16, 32, 64), dropout: float = 0.1, momentum: float = 0.1) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.BatchNorm2d(1, momentum=momentum)]
        for num_in, num_out in zip([1, *channels], channels, strict=False):
            layers += [
                nn.Conv2d(num_in, num_out, 3, padding=1, bias=False),
                nn.BatchNorm2d(num_out, momentum=momentum),
                nn.ReLU(),
                nn.AvgPool2d(2),
            ]
        self.blocks = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(channels[-1], 2)

    def forward(self, log_mel: Tensor) -> Tensor:
        x = self.blocks(log_mel.unsqueeze(1)).mean(dim=3)
        return self.head(self.dropout(x.mean(dim=2) + x.amax(dim=2)))
