"""The files of weights that others published, by name."""

from __future__ import annotations

from dataclasses import dataclass


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
    crops: tuple[str, ...] = ()
    """Geometries of the face crops that it may be shown, the usual one first; empty where it sees none."""
    trained_on: str | None = None
    """The class of the source whose published train it learned, where avcur has that source."""


_DNSMOS = "https://github.com/microsoft/DNS-Challenge/raw/master/DNSMOS/DNSMOS/"
_LIGHT_ASD = "https://github.com/Junhua-Liao/Light-ASD/raw/main/weight/"
_AVA = "avcur.sources.ava.source.AvaSource"

RECORDS = {
    record.name: record
    for record in (
        Record(
            "syncnet_v2", "syncnet_v2.model",
            "http://www.robots.ox.ac.uk/~vgg/software/lipsync/data/syncnet_v2.model",
            "961e8696f888fce4f3f3a6c3d5b3267cf5b343100b238e79b2659bff2c605442", 54_573_114,
            "none stated for the weights; the published code, syncnet_python, is MIT",
            "sync@signals.sync.backend=syncnet",
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
            "MIT", "signals=asd; model.init of model=light_asd", ("light_asd_ava.pt",), ("face", "box"), _AVA,
        ),
        Record(
            "light_asd_talkset", "finetuning_TalkSet.model", f"{_LIGHT_ASD}finetuning_TalkSet.model",
            "efc375833887eefa9d209dc92810e18519b04c3c73ea35a549f2a7f40b7d94d5", 4_175_289,
            "MIT", "signals.asd.weights.name=light_asd_talkset; model.init", ("light_asd_talkset.pt",), ("lower_face",),
            _AVA,
        ),
    )
}  # fmt: skip
"""Every published file that a config may name."""
