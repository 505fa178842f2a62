"""Folders of tiny networks, saved once per session."""

from pathlib import Path

import pytest
import torch
from any_to_3d.backend.models.load import load_stable_unclip, load_zero123
from any_to_3d.backend.models.stable_unclip import StableUnclipPrior
from any_to_3d.backend.models.zero123 import Zero123Prior
from diffusers import StableUnCLIPImg2ImgPipeline
from tiny_checkpoints import BUILTIN_UNCLIP, save_builtin_unclip, save_zero123, unclip_pipeline

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def pipeline() -> StableUnCLIPImg2ImgPipeline:
    return unclip_pipeline()


@pytest.fixture(scope="session")
def unclip_folder(pipeline: StableUnCLIPImg2ImgPipeline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "stable_unclip"
    pipeline.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def unclip(unclip_folder: Path) -> StableUnclipPrior:
    return load_stable_unclip(unclip_folder, CPU)


@pytest.fixture(scope="session")
def builtin_unclip(tmp_path_factory: pytest.TempPathFactory) -> StableUnclipPrior:
    folder = tmp_path_factory.mktemp("models") / "stable_unclip"
    save_builtin_unclip(folder, BUILTIN_UNCLIP)
    return load_stable_unclip(folder, CPU)


@pytest.fixture(scope="session")
def zero123_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "zero123"
    save_zero123(folder)
    return folder


@pytest.fixture(scope="session")
def zero123(zero123_folder: Path) -> Zero123Prior:
    return load_zero123(zero123_folder, CPU)
