"""Weights by file headers are those that the loaders load, and by publication those of the published networks."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from any_to_3d.backend import network_weights as counted
from any_to_3d.backend.models import published
from any_to_3d.backend.models.load import load_joint, load_stable_unclip, load_zero123
from any_to_3d.backend.network_weights import NetworkWeights, published_weights, weights_of
from safetensors.torch import save_file
from tiny_checkpoints import byte_pair_tokenizer, save_clip, save_zero123, unclip_pipeline
from tiny_imagebind import TINY, save_imagebind
from torch import nn

CPU = torch.device("cpu")
BUILDERS = {
    "UNCLIP_UNET": published.UNCLIP_UNET.network,
    "UNCLIP_TEXT": published.UNCLIP_TEXT.text,
    "AUTOENCODER": published.AUTOENCODER.network,
    "ZERO123_UNET": published.ZERO123_UNET.network,
    "VIT_L": published.VIT_L_VISION.vision,
    "PROJECTION": lambda: published.camera_projection(768, 768),
    "VIT_H": published.VIT_H_VISION.vision,
    "VIT_H_TEXT": published.VIT_H_TEXT.projected_text,
}


def size(*networks: nn.Module) -> int:
    return sum(parameter.nbytes for network in networks for parameter in network.parameters())


@pytest.mark.parametrize("name", BUILDERS)
def test_the_published_networks_have_so_many_numbers(name: str) -> None:
    with torch.device("meta"):
        network = BUILDERS[name]()
    assert sum(parameter.numel() for parameter in network.parameters()) == getattr(counted, name)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A models folder without a joint encoder."""
    unclip_pipeline().save_pretrained(tmp_path / "stable_unclip")
    save_zero123(tmp_path / "zero123")
    return tmp_path


def test_a_folder_weighs_what_its_loaders_load(root: Path) -> None:
    """In float16, where the autoencoders are in float32."""
    save_clip(root / "clip", byte_pair_tokenizer())
    found = weights_of(root, torch.float16)
    planar = load_stable_unclip(root / "stable_unclip", CPU, torch.float16)
    stereo = load_zero123(root / "zero123", CPU, torch.float16)
    joint = load_joint(root, CPU, torch.float16)
    assert not found.are_published
    assert found.planar == pytest.approx(size(planar.unet, planar.codec.network), rel=0.01)
    assert found.stereo == size(stereo.unet, stereo.codec.network, stereo.camera_projection)
    assert found.planar_reader == size(planar.cross_text.encoder)
    assert found.stereo_reader == size(stereo.vision.tower)
    assert (found.vision, found.readers) == (size(joint.vision.tower), size(joint.text_tower))
    assert (found.planar_size, found.stereo_size) == (planar.image_size, stereo.image_size)
    assert (found.number, found.autoencoder_number) == (2, planar.codec.dtype.itemsize)


def test_imagebind_weighs_its_three_towers(root: Path) -> None:
    save_imagebind(root / "imagebind")
    found = weights_of(root, torch.float32)
    joint = load_joint(root, CPU, torch.float32, TINY)
    assert found.vision == pytest.approx(size(joint.vision.tower), rel=0.01)
    kept = sum(tensor.nbytes for tower in (joint.text, joint.audio) for tensor in tower.state_dict().values())
    assert found.readers == pytest.approx(kept, rel=0.1)  # where towers are tiny, the mask of the text's future counts


def test_an_incomplete_folder_counts_as_the_published_networks(tmp_path: Path) -> None:
    assert weights_of(tmp_path, torch.bfloat16) == published_weights(torch.bfloat16)
    (tmp_path / "zero123" / "unet").mkdir(parents=True)
    save_file({"a": torch.zeros(3)}, tmp_path / "zero123" / "unet" / "diffusion_pytorch_model.safetensors")
    assert weights_of(tmp_path, torch.bfloat16).are_published


def test_the_published_networks_weigh_what_was_measured_elsewhere() -> None:
    """In gigabytes of bfloat16: U-Nets 1.74 and 1.72, autoencoders .17, ViT-H 1.26, text .68, ViT-L .61."""
    found = published_weights(torch.bfloat16)
    assert found.planar == pytest.approx(1.91e9, rel=0.01)
    assert found.stereo == pytest.approx(1.89e9, rel=0.01)
    assert (found.vision, found.planar_reader, found.stereo_reader) == pytest.approx((1.26e9, 0.68e9, 0.61e9), rel=0.01)


def test_loading_needs_the_most_of_what_is_there_at_one_time() -> None:
    networks = NetworkWeights(planar=3, stereo=2, vision=1, planar_reader=10, stereo_reader=1, readers=4)
    assert networks.loading == 1 + 3 + 10
    assert replace(networks, planar_reader=0).loading == 1 + 3 + 2 + 1
    assert replace(networks, planar_reader=0, readers=40).loading == 41
