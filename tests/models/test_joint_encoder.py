"""Which joint encoder a models folder gives: ImageBind, or CLIP alone for those who may not use it."""

import shutil
from pathlib import Path

import pytest
import torch
from any_to_3d.backend.models.clip import ClipEncoder
from any_to_3d.backend.models.folder_layout import MissingWeights
from any_to_3d.backend.models.imagebind import ImageBindEncoder
from any_to_3d.backend.models.joint_folder import joint_layout, prompt_modalities
from any_to_3d.backend.models.load import load_joint
from any_to_3d.backend.models.protocols import JointEncoder
from tiny_checkpoints import byte_pair_tokenizer, save_clip
from tiny_imagebind import TINY, save_imagebind

CPU = torch.device("cpu")


def load(root: Path) -> JointEncoder:
    return load_joint(root, CPU, imagebind=TINY)


def test_a_folder_with_imagebind_takes_sounds_and_needs_no_clip(tmp_path: Path) -> None:
    save_imagebind(tmp_path / "imagebind")
    encoder = load(tmp_path)
    assert isinstance(encoder, ImageBindEncoder)
    assert encoder.modalities == prompt_modalities(tmp_path) == ("text", "image", "audio")


def test_a_folder_without_imagebind_takes_words_and_pictures_by_clip_alone(tmp_path: Path) -> None:
    save_clip(tmp_path / "clip", byte_pair_tokenizer())
    encoder = load(tmp_path)
    assert isinstance(encoder, ClipEncoder)
    assert encoder.modalities == prompt_modalities(tmp_path) == ("text", "image")
    with pytest.raises(ValueError, match="takes text and image prompts, no sound"):
        encoder.embed_audio(torch.ones(16_000), 16_000)


def test_imagebind_comes_before_clip_where_both_are_there(tmp_path: Path) -> None:
    save_clip(tmp_path / "clip", byte_pair_tokenizer())
    save_imagebind(tmp_path / "imagebind")
    assert joint_layout(tmp_path) == "imagebind"
    assert isinstance(load(tmp_path), ImageBindEncoder)


def test_a_damaged_imagebind_is_an_error_and_no_reason_to_take_clip(tmp_path: Path) -> None:
    save_clip(tmp_path / "clip", byte_pair_tokenizer())
    (tmp_path / "imagebind").mkdir()
    with pytest.raises(MissingWeights, match=r"imagebind.model.safetensors is missing"):
        load(tmp_path)


def test_imagebind_reads_words_by_stable_unclips_byte_pairs(tmp_path: Path) -> None:
    """Its repository has no tokenizer."""
    folder = save_imagebind(tmp_path / "imagebind")
    expected = load(tmp_path).embed_text(["a red chair"])
    (tmp_path / "stable_unclip").mkdir()
    shutil.move(folder / "tokenizer", tmp_path / "stable_unclip" / "tokenizer")
    torch.testing.assert_close(load(tmp_path).embed_text(["a red chair"]), expected)
