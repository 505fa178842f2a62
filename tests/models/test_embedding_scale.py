"""The norm that unit embeddings are given: measured, kept, or the documented fallback."""

import shutil
from pathlib import Path

import pytest
import torch
from any_to_3d.backend.models.embedding_scale import FALLBACK_SCALE, measured_scale, read_scale, save_scale
from any_to_3d.backend.models.load import load_image_encoder, load_stable_unclip
from any_to_3d.backend.models.stable_unclip import StableUnclipPrior

CPU = torch.device("cpu")


def test_without_calibration_the_fallback_holds(unclip: StableUnclipPrior, tmp_path: Path) -> None:
    assert unclip.embedding_scale == read_scale(tmp_path) == FALLBACK_SCALE == 20.0


def test_a_measured_scale_is_kept_beside_the_prior(unclip_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(unclip_folder, tmp_path / "stable_unclip")
    vision = load_image_encoder(folder, CPU)
    images = torch.rand(32, 3, 16, 16)
    scale = measured_scale(vision, images)
    assert scale == pytest.approx(float(vision.raw_embedding(images).norm(dim=1).mean()))
    save_scale(folder, scale)
    assert load_stable_unclip(folder, CPU).embedding_scale == pytest.approx(scale)


def test_the_builtin_scale_comes_from_its_conditioning(builtin_unclip: StableUnclipPrior) -> None:
    assert builtin_unclip.embedding_scale == 11.3


def test_too_few_images_are_refused(unclip_folder: Path) -> None:
    with pytest.raises(ValueError, match="at least 32 images, got 3"):
        measured_scale(load_image_encoder(unclip_folder, CPU), torch.rand(3, 3, 16, 16))


def test_a_broken_calibration_is_not_passed_over(tmp_path: Path) -> None:
    save_scale(tmp_path, -1.0)
    with pytest.raises(ValueError, match="embedding_scale must be a positive number"):
        read_scale(tmp_path)
