"""The optional ImageBind package: what is said without it, and how sounds are cut for it."""

import sys
from pathlib import Path

import pytest
import torch
from any_to_3d.backend.models.folder_layout import MissingWeights
from any_to_3d.backend.models.imagebind import load_imagebind, three_clips
from safetensors.torch import save_file

CPU = torch.device("cpu")


def test_missing_package_is_named_with_its_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_file({"weight": torch.zeros(1)}, tmp_path / "model.safetensors")
    monkeypatch.setitem(sys.modules, "imagebind", None)
    with pytest.raises(ModuleNotFoundError, match=r"ImageBind needs the package 'imagebind.*pip install git\+https"):
        load_imagebind(tmp_path, CPU)


def test_missing_weights_are_named_before_the_package(tmp_path: Path) -> None:
    (tmp_path / "imagebind_huge.pth").write_bytes(b"")
    with pytest.raises(MissingWeights, match=r"model.safetensors is missing \(imagebind_huge.pth is pickled"):
        load_imagebind(tmp_path, CPU)


def test_a_long_sound_gives_its_start_middle_and_end() -> None:
    clips = three_clips(torch.arange(6 * 16_000, dtype=torch.float64))
    assert clips.shape == (3, 32_000)
    assert clips[:, 0].tolist() == [0.0, 32_000.0, 64_000.0]
    assert clips[2, -1].item() == 95_999.0


def test_a_short_sound_is_repeated_not_padded() -> None:
    clips = three_clips(torch.tensor([1.0, 2.0, 3.0]))
    assert clips.shape == (3, 32_000)
    assert clips[0, :6].tolist() == [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]
    assert clips.min() == 1.0


def test_an_empty_sound_is_refused() -> None:
    with pytest.raises(ValueError, match="the sound is empty"):
        three_clips(torch.zeros(0))
