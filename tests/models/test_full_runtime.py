"""Profile full, from folders of tiny networks: which joint encoder it gets, and that no tower is there twice."""

from functools import partial
from pathlib import Path

import pytest
import torch
from any_to_3d.backend import runtime as runtimes
from any_to_3d.backend.calibration_pictures import calibration_pictures
from any_to_3d.backend.models.clip import ClipEncoder
from any_to_3d.backend.models.embedding_scale import read_scale
from any_to_3d.backend.models.folder_layout import MissingWeights
from any_to_3d.backend.models.imagebind import ImageBindEncoder
from any_to_3d.backend.models.load import load_joint
from any_to_3d.backend.models.stable_unclip import StableUnclipPrior
from any_to_3d.backend.runtime import build_runtime
from tiny_checkpoints import byte_pair_tokenizer, save_clip, save_zero123, unclip_pipeline
from tiny_imagebind import TINY, save_imagebind

CPU = torch.device("cpu")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models folder without a joint encoder."""
    monkeypatch.setattr(runtimes, "load_joint", partial(load_joint, imagebind=TINY))
    monkeypatch.setattr(runtimes, "calibration_pictures", partial(calibration_pictures, size=32))
    unclip_pipeline().save_pretrained(tmp_path / "stable_unclip")
    save_zero123(tmp_path / "zero123")
    return tmp_path


def test_with_imagebind_every_similarity_looks_through_its_one_image_tower(root: Path) -> None:
    save_imagebind(root / "imagebind")
    runtime = build_runtime("full", CPU, root)
    assert isinstance(runtime.joint, ImageBindEncoder)
    assert runtime.joint.modalities == ("text", "image", "audio")
    assert runtime.image_encoder is runtime.joint.vision


def test_without_imagebind_clip_alone_serves_and_its_image_tower_is_the_only_one(root: Path) -> None:
    save_clip(root / "clip", byte_pair_tokenizer())
    runtime = build_runtime("full", CPU, root)
    assert isinstance(runtime.joint, ClipEncoder)
    assert runtime.joint.modalities == ("text", "image")
    assert runtime.image_encoder is runtime.joint.vision


def test_the_embedding_scale_is_measured_through_the_joint_image_tower_and_kept(root: Path) -> None:
    save_imagebind(root / "imagebind")
    first = build_runtime("full", CPU, root)
    assert isinstance(first.planar, StableUnclipPrior)
    assert isinstance(first.joint, ImageBindEncoder)
    lengths = first.joint.vision.raw_embedding(calibration_pictures(size=32)).norm(dim=1)
    assert first.planar.embedding_scale == pytest.approx(lengths.mean().item(), rel=1e-5)
    assert read_scale(root / "stable_unclip") == first.planar.embedding_scale
    again = build_runtime("full", CPU, root)
    assert isinstance(again.planar, StableUnclipPrior)
    assert again.planar.embedding_scale == first.planar.embedding_scale


def test_without_any_joint_encoder_the_permissive_one_is_asked_for(root: Path) -> None:
    with pytest.raises(MissingWeights, match=r"clip is missing; fetch it with"):
        build_runtime("full", CPU, root)


def test_the_log_says_in_a_line_each_what_is_computed_in_and_what_is_compiled(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save_clip(root / "clip", byte_pair_tokenizer())
    with caplog.at_level("INFO"):
        build_runtime("full", CPU, root)
    assert "precision: float32 on cpu, where shorter numbers are no faster" in caplog.messages
    assert "networks: not compiled, as cpu is no GPU" in caplog.messages


def test_the_image_tower_is_tried_with_as_many_pictures_as_the_presets_show_it() -> None:
    assert runtimes.pictures_embedded() == [3, 6]
