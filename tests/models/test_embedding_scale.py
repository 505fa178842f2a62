"""The norm that unit embeddings are given: measured, kept, or the documented fallback."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from any_to_3d.backend.calibration_pictures import calibration_pictures
from any_to_3d.backend.models.embedding_scale import (
    CALIBRATION_FILE,
    FALLBACK_SCALE,
    calibrated_scale,
    measured_scale,
    read_scale,
    save_scale,
)
from any_to_3d.backend.models.load import load_image_encoder, load_stable_unclip
from any_to_3d.backend.models.stable_unclip import StableUnclipPrior
from torch import Tensor

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


@dataclass
class KnownLengths:
    """An image tower whose embedding of an image is as long as its brightest red value, times ten."""

    looked_at: int = 0

    def raw_embedding(self, image: Tensor) -> Tensor:
        self.looked_at += len(image)
        return 10 * image[:, 0].amax(dim=(1, 2))[:, None] * torch.tensor([[0.6, 0.8, 0.0]])


def test_a_scale_is_measured_once_and_then_read(tmp_path: Path) -> None:
    tower = KnownLengths()
    images = torch.linspace(0.1, 0.9, 33)[:, None, None, None].expand(-1, 3, 4, 4)
    assert calibrated_scale(tmp_path, tower, lambda: images) == pytest.approx(5.0)
    assert calibrated_scale(tmp_path, tower, lambda: images) == read_scale(tmp_path) == pytest.approx(5.0)
    assert tower.looked_at == 33


def test_a_folder_that_cannot_be_written_costs_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "gone"
    assert calibrated_scale(folder, KnownLengths(), lambda: torch.ones(32, 3, 4, 4)) == pytest.approx(10.0)
    assert "embedding_scale=10.000 kept=no" in caplog.text


def test_a_disk_that_is_full_leaves_no_half_of_a_scale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(path: Path, text: str, encoding: str) -> None:
        path.write_bytes(text[:5].encode(encoding))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    assert calibrated_scale(tmp_path, KnownLengths(), lambda: torch.ones(32, 3, 4, 4)) == pytest.approx(10.0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("brightness", [0.0, float("nan")])
def test_a_tower_without_an_answer_is_refused_and_nothing_is_kept(tmp_path: Path, brightness: float) -> None:
    with pytest.raises(ValueError, match=r"embeddings of length (0.0|nan); fetch its weights again"):
        calibrated_scale(tmp_path, KnownLengths(), lambda: torch.full((32, 3, 4, 4), brightness))
    assert not (tmp_path / CALIBRATION_FILE).exists()


def test_the_calibration_pictures_are_different_objects_on_white_and_always_the_same() -> None:
    pictures = calibration_pictures(3, 48)
    assert pictures.shape == (3, 3, 48, 48)
    assert (pictures[:, :, 0, 0] == 1).all()
    assert (pictures < 0.9).any(dim=1).flatten(1).float().mean(dim=1).gt(0.02).all()
    assert (pictures[0] - pictures[1]).abs().max() > 0.1
    torch.testing.assert_close(calibration_pictures(3, 48), pictures)


def test_the_builtin_scale_comes_from_its_conditioning(builtin_unclip: StableUnclipPrior) -> None:
    assert builtin_unclip.embedding_scale == 11.3


def test_too_few_images_are_refused(unclip_folder: Path) -> None:
    with pytest.raises(ValueError, match="at least 32 images, got 3"):
        measured_scale(load_image_encoder(unclip_folder, CPU), torch.rand(3, 3, 16, 16))


def test_a_broken_calibration_is_not_passed_over(tmp_path: Path) -> None:
    save_scale(tmp_path, -1.0)
    with pytest.raises(ValueError, match="embedding_scale must be a positive number"):
        read_scale(tmp_path)
