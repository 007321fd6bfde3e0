"""The project's own configs, composed as train.py composes them."""

from __future__ import annotations

from pathlib import Path

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

CONF = Path(__file__).resolve().parents[2] / "conf"
# Set to another group's default first: the task's own choice has to override it.
_DEFAULTS = ("+datamodule=audio_type", "+model=log_mel_cnn", "+trainer=default", "+logger=csv", "+callbacks=default")


def training_config(task: str, studies: Path, *overrides: str) -> DictConfig:
    """What a run reads of train.yaml, from the groups that training owns."""
    values = (f"+paths.studies={studies}", "+study=trial", "+project=avcur", "+seed=0", f"+task={task}")
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose(overrides=[*_DEFAULTS, *values, *overrides])
    return OmegaConf.create(OmegaConf.to_container(cfg, resolve=True))
