"""Weights: those that others published, by their SHA-256, and checkpoints of our own training.

Nothing in a file of weights is ever executed.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avcur.errors import UserError, is_the_machines
from avcur.store.keys import digest, file_digest, parameters

if TYPE_CHECKING:
    from torch import Tensor, nn

_TIMEOUT = 10.0
"""Seconds that a server may say nothing, so that a machine without a network goes on soon."""


class AbsentWeightsError(Exception):
    """Published weights that are not here and could not be fetched; the message is the reason."""


@dataclass(frozen=True)
class Record:
    """One published file of weights; `size` in bytes, `aliases` other names under which people keep it."""

    name: str
    file: str
    url: str
    sha256: str
    size: int
    licence: str
    used_by: str
    aliases: tuple[str, ...] = ()


_DNSMOS = "https://github.com/microsoft/DNS-Challenge/raw/master/DNSMOS/DNSMOS/"
_LIGHT_ASD = "https://github.com/Junhua-Liao/Light-ASD/raw/main/weight/"

RECORDS = {
    record.name: record
    for record in (
        Record(
            "syncnet_v2", "syncnet_v2.model",
            "http://www.robots.ox.ac.uk/~vgg/software/lipsync/data/syncnet_v2.model",
            "961e8696f888fce4f3f3a6c3d5b3267cf5b343100b238e79b2659bff2c605442", 54_573_114,
            "none stated for the weights; the published code, syncnet_python, is MIT", "signals=sync, sync=syncnet",
        ),
        Record(
            "ecapa_voxceleb", "embedding_model.ckpt",
            "https://huggingface.co/speechbrain/spkrec-ecapa-voxceleb/resolve/main/embedding_model.ckpt",
            "0575cb64845e6b9a10db9bcb74d5ac32b326b8dc90352671d345e2ee3d0126a2", 83_316_686,
            "Apache-2.0", "signals=voices", ("ecapa_voxceleb.ckpt",),
        ),
        Record(
            "dnsmos_p835", "sig_bak_ovr.onnx", f"{_DNSMOS}sig_bak_ovr.onnx",
            "269fbebdb513aa23cddfbb593542ecc540284a91849ac50516870e1ac78f6edd", 1_157_965,
            "CC-BY-4.0 (code MIT)", "signals=dnsmos", ("dnsmos_sig_bak_ovr.onnx",),
        ),
        Record(
            "dnsmos_p808", "model_v8.onnx", f"{_DNSMOS}model_v8.onnx",
            "9246480c58567bc6affd4200938e77eef49468c8bc7ed3776d109c07456f6e91", 224_860,
            "CC-BY-4.0 (code MIT)", "signals=dnsmos", ("dnsmos_p808_model_v8.onnx",),
        ),
        Record(
            "light_asd_ava", "pretrain_AVA_CVPR.model", f"{_LIGHT_ASD}pretrain_AVA_CVPR.model",
            "d44bc3ea7baa8e0946fa3921311714a630ed8b90a1928fab0dbe30d918909317", 4_175_289,
            "MIT", "model.init of model=light_asd", ("light_asd_ava.pt",),
        ),
        Record(
            "light_asd_talkset", "finetuning_TalkSet.model", f"{_LIGHT_ASD}finetuning_TalkSet.model",
            "efc375833887eefa9d209dc92810e18519b04c3c73ea35a549f2a7f40b7d94d5", 4_175_289,
            "MIT", "model.init of model=light_asd", ("light_asd_talkset.pt",),
        ),
    )
}  # fmt: skip
"""Every published file that a config may name."""


@dataclass(frozen=True)
class Weights:
    """The published weights `name`: in the `folder` that a person filled, else in `cache`, else fetched into `cache`.

    Looked for once per process. A file of another SHA-256 in `folder` is a UserError; one in `cache` is fetched anew.
    """

    name: str
    folder: str | None = None
    cache: str | None = None

    @property
    def record(self) -> Record:
        if self.name not in RECORDS:
            raise UserError(f"No published weights are called {self.name!r}; choose from {', '.join(RECORDS)}")
        return RECORDS[self.name]

    def path(self) -> Path:
        """The verified file; AbsentWeightsError where there is none and none could be fetched."""
        found = _resolved(self.record, self.folder, self.cache)
        if isinstance(found, str):
            raise AbsentWeightsError(found)
        return found

    def missing(self) -> str | None:
        """Why there are none, or None where there are; fetches them."""
        try:
            self.path()
        except AbsentWeightsError as reason:
            return str(reason)
        return None

    def key(self) -> str:
        """What values depend on: the bytes, not where they lie."""
        return self.record.sha256


@cache
def _resolved(record: Record, folder: str | None, cache: str | None) -> Path | str:
    """The file, or the reason why there is none."""
    local = [Path(folder).expanduser() / name for name in (record.file, *record.aliases)] if folder else []
    for path in local:
        if path.is_file():
            return _verified(record, path)
    looked_in = [str(Path(f).expanduser()) for f in (folder, cache) if f]
    absent = f"{record.file} ({record.name}) is not in {' or '.join(looked_in) or 'any folder: none is given'}"
    if cache is None:
        return f"{absent}; put {record.url} there (paths.weights=FOLDER)"
    kept = Path(cache).expanduser() / record.file
    if kept.is_file() and file_digest(kept) == record.sha256:
        return kept
    reason = _fetch(record, kept)
    return kept if reason is None else f"{absent}, and {record.url} cannot be fetched: {reason}"


def _verified(record: Record, path: Path) -> Path:
    found = file_digest(path)
    if found != record.sha256:
        raise UserError(
            f"{path} is not the published {record.name}: its SHA-256 is {found}, not {record.sha256}; "
            f"replace it by {record.url}, or remove it"
        )
    return path


def _fetch(record: Record, path: Path) -> str | None:
    """Fetch a record to `path`, which is written only whole and right; why not, where it failed."""
    import pooch  # here, as only the first run on a machine fetches

    pooch.get_logger().setLevel("WARNING")
    downloader = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), timeout=_TIMEOUT)
    try:
        pooch.retrieve(record.url, f"sha256:{record.sha256}", path.name, path.parent, downloader=downloader)
    except (OSError, ValueError) as error:  # requests' errors are OSErrors, a wrong hash is a ValueError
        if is_the_machines(error):
            raise
        return _why(error)
    return None


def _why(error: Exception) -> str:
    """In a few words: requests' own messages name the address three times."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"status {response.status_code}"
    return type(error).__name__ if isinstance(error, OSError) else "what is there has another SHA-256"


@dataclass(frozen=True)
class LearnedFrom:
    """What a checkpoint was trained on: groups and recordings of the source `scope`, and `media`, hashes of bytes."""

    scope: str
    groups: frozenset[str]
    recordings: frozenset[str]
    media: frozenset[str]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that `train.py` saved (+save_checkpoint=true): weights beside plain facts."""

    path: str | None = None

    def missing(self) -> str | None:
        if self.path is None:
            return "no checkpoint given"
        return None if Path(self.path).is_file() else f"no such file: {self.path}"

    def key(self) -> str | None:
        """The SHA-256 of the file, None without one."""
        return None if self.path is None or self.missing() else file_digest(Path(self.path))

    def facts(self) -> dict[str, Any]:
        """What training wrote beside the weights: task, classes, variant_id, training_groups and more."""
        return {name: value for name, value in self._content().items() if name != "state_dict"}

    def load_into(self, network: nn.Module) -> None:
        """Copy the weights into the bare network and put it into evaluation; a UserError says what does not fit.

        Of a checkpoint of a task's module only the network inside it is taken, not what its loss learns.
        """
        weights = tensors(self._content())
        inner = {name.removeprefix("network."): v for name, v in weights.items() if name.startswith("network.")}
        try:
            network.load_state_dict(inner or weights, strict=True)
        except RuntimeError as error:
            why = " ".join(str(error).split())
            raise UserError(f"{self.path} does not fit the network; give it its settings of training: {why}") from None
        network.eval()

    def learned(self) -> LearnedFrom:
        """What it was trained on; UserError where the file does not say."""
        facts = self.facts()
        names = ("training_groups", "training_recordings", "training_media")
        lacking = [name for name in ("scope", *names) if name not in facts]
        if lacking:
            raise UserError(f"{self.path} does not say what it was trained on ({', '.join(lacking)}); train it again")
        return LearnedFrom(str(facts["scope"]), *(frozenset(map(str, facts[name])) for name in names))

    def _content(self) -> Mapping[str, Any]:
        if reason := self.missing():
            raise UserError(reason)
        return read_checkpoint(Path(str(self.path)))


def trained(network: Callable[[], nn.Module], checkpoint: Checkpoint, device: str = "cpu") -> nn.Module:
    """The network with the weights of a checkpoint, ready to evaluate; one per process, however often it is asked for.

    `network` makes it untrained; two that are alike by class and parameters (`store.keys`) are one.
    """
    key = checkpoint, digest(parameters(network)), device
    if key not in _trained:
        made = network()
        checkpoint.load_into(made)
        _trained[key] = made.to(device)
    return _trained[key]


_trained: dict[tuple[Checkpoint, str, str], nn.Module] = {}


def read_checkpoint(path: Path) -> Mapping[str, Any]:
    """The content of a checkpoint on the CPU; nothing in the file is ever executed."""
    import torch  # here, so that the process that only hands out work does without its 450 MB

    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise UserError(f"{path}: not a checkpoint of plain weights ({type(error).__name__})") from error
    return content if isinstance(content, Mapping) else {}


def tensors(content: Mapping[str, Any]) -> dict[str, Tensor]:
    """The weights by name of a checkpoint: under `state_dict`, or all of it."""
    import torch

    weights = content.get("state_dict", content)
    return {str(name): value for name, value in weights.items() if isinstance(value, torch.Tensor)}
