"""The published SyncNet, layer by layer; imports torch, so only `syncnet` imports it, when it is first used."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from avcur.errors import UserError
from avcur.sync.syncnet import EMBEDDING, PICTURES


class SyncNetNetwork(nn.Module):
    """Mouth and sound in one space of 1024 dimensions (Chung and Zisserman, "Out of time", 2016).

    The sizes of layers are those of syncnet_python's network `S`, and its names are those of the published weights.
    """

    def __init__(self) -> None:
        super().__init__()
        self.netcnnaud = nn.Sequential(
            *_block(nn.Conv2d(1, 64, 3, padding=1)), nn.MaxPool2d(1),
            *_block(nn.Conv2d(64, 192, 3, padding=1)), nn.MaxPool2d(3, stride=(1, 2)),
            *_block(nn.Conv2d(192, 384, 3, padding=1)),
            *_block(nn.Conv2d(384, 256, 3, padding=1)),
            *_block(nn.Conv2d(256, 256, 3, padding=1)), nn.MaxPool2d(3, stride=2),
            *_block(nn.Conv2d(256, 512, (5, 4))),
        )  # fmt: skip
        self.netcnnlip = nn.Sequential(
            *_block(nn.Conv3d(3, 96, (PICTURES, 7, 7), stride=(1, 2, 2))), _pool(),
            *_block(nn.Conv3d(96, 256, (1, 5, 5), stride=(1, 2, 2), padding=(0, 1, 1))), _pool(padding=1),
            *_block(nn.Conv3d(256, 256, (1, 3, 3), padding=(0, 1, 1))),
            *_block(nn.Conv3d(256, 256, (1, 3, 3), padding=(0, 1, 1))),
            *_block(nn.Conv3d(256, 256, (1, 3, 3), padding=(0, 1, 1))), _pool(),
            *_block(nn.Conv3d(256, 512, (1, 6, 6))),
        )  # fmt: skip
        self.netfcaud = _head()
        self.netfclip = _head()

    def see(self, pictures: Tensor) -> Tensor:
        """BGR pictures (T, 224, 224, 3), 0..255 -> embeddings (T - 4, 1024), the first of pictures 0 to 4.

        Only the first layer looks across time, so all windows of a stretch go through in one.
        """
        maps = self.netcnnlip(pictures.float().permute(3, 0, 1, 2)[None])
        embeddings: Tensor = self.netfclip(maps[0, :, :, 0, 0].T)
        return embeddings

    def hear(self, mfcc: Tensor) -> Tensor:
        """MFCC of windows (N, 20, 13), of samples on the scale of 16-bit integers -> embeddings (N, 1024)."""
        embeddings: Tensor = self.netfcaud(self.netcnnaud(mfcc.transpose(1, 2)[:, None]).flatten(1))
        return embeddings

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Take the published weights, every one; a UserError where they are those of another network."""
        try:
            self.load_state_dict(dict(weights), strict=True)
        except RuntimeError as error:
            raise UserError(f"Not the weights of SyncNet: {' '.join(str(error).split())}") from None


def _block(convolution: nn.Conv2d | nn.Conv3d) -> tuple[nn.Module, ...]:
    norm = nn.BatchNorm2d if isinstance(convolution, nn.Conv2d) else nn.BatchNorm3d
    return convolution, norm(convolution.out_channels), nn.ReLU(inplace=True)


def _pool(padding: int = 0) -> nn.Module:
    """Over space alone."""
    return nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2), padding=(0, padding, padding))


def _head() -> nn.Sequential:
    return nn.Sequential(nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, EMBEDDING))
