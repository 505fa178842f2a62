"""The published networks' sizes and work, counted on the meta device: no weights, no memory.

The numbers are those of the networks as their hub folders describe them, measured once with diffusers' and
transformers' own classes; work counts 2 operations per multiply-add.
"""

from collections.abc import Callable

import pytest
import torch
from any_to_3d.backend.models import published
from any_to_3d.backend.models.random_networks import NARROW, letter_tokenizer, random_networks
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

META = torch.device("meta")
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "unclip U-Net": published.UNCLIP_UNET.network,
    "zero123 U-Net": published.ZERO123_UNET.network,
    "autoencoder": published.AUTOENCODER.network,
    "ViT-H image": published.VIT_H_VISION.vision,
    "ViT-H text": published.VIT_H_TEXT.projected_text,
    "ViT-L image": published.VIT_L_VISION.vision,
    "unclip text": published.UNCLIP_TEXT.text,
}


def on_meta(name: str) -> nn.Module:
    with META:
        return NETWORKS[name]().eval().requires_grad_(False)


def zeros(*shape: int) -> Tensor:
    return torch.zeros(*shape, device=META)


def teraflops(work: Callable[[], object]) -> float:
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops() / 1e12


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("unclip U-Net", 870.2),
        ("zero123 U-Net", 859.5),
        ("autoencoder", 83.7),
        ("ViT-H image", 632.1),
        ("ViT-H text", 354.0),
        ("ViT-L image", 304.0),
        ("unclip text", 340.4),
    ],
)
def test_networks_have_the_published_number_of_weights(name: str, millions: float) -> None:
    count = sum(weight.numel() for weight in on_meta(name).parameters())
    assert count / 1e6 == pytest.approx(millions, abs=0.06)


@pytest.mark.slow
@pytest.mark.parametrize(("latent_size", "expected"), [(64, 0.804), (96, 2.149)])
def test_one_unclip_evaluation_costs_what_was_published_for_512_and_768_pixels(
    latent_size: int, expected: float
) -> None:
    unet, step = on_meta("unclip U-Net"), torch.zeros(1, device=META, dtype=torch.long)
    noisy, words, label = zeros(1, 4, latent_size, latent_size), zeros(1, 77, 1024), zeros(1, 2048)
    cost = teraflops(lambda: unet(noisy, step, encoder_hidden_states=words, class_labels=label))
    assert cost == pytest.approx(expected, rel=0.01)


@pytest.mark.slow
def test_one_zero123_evaluation_costs_what_was_published() -> None:
    unet, step = on_meta("zero123 U-Net"), torch.zeros(1, device=META, dtype=torch.long)
    cost = teraflops(lambda: unet(zeros(1, 8, 32, 32), step, encoder_hidden_states=zeros(1, 1, 768)))
    assert cost == pytest.approx(0.176, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "encoding", "with_gradient", "decoding"),
    [(256, 0.273, 0.548, 0.622), (512, 1.117, 2.268, 2.515), (768, 2.609, 5.392, 5.754)],
)
def test_the_autoencoder_costs_what_was_published(
    size: int, encoding: float, with_gradient: float, decoding: float
) -> None:
    autoencoder = on_meta("autoencoder")

    def encode_and_back() -> None:
        autoencoder.encode(zeros(1, 3, size, size).requires_grad_()).latent_dist.mean.sum().backward()

    latents = zeros(1, 4, size // 8, size // 8)
    costs = [
        teraflops(lambda: autoencoder.encode(zeros(1, 3, size, size))),
        teraflops(encode_and_back),
        teraflops(lambda: autoencoder.decode(latents)),
    ]
    assert costs == pytest.approx([encoding, with_gradient, decoding], rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "forward", "with_gradient"), [("ViT-H image", 0.335, 0.680), ("ViT-L image", 0.162, 0.331)]
)
def test_an_image_tower_costs_what_was_published(name: str, forward: float, with_gradient: float) -> None:
    tower = on_meta(name)

    def embed_and_back() -> None:
        tower(zeros(1, 3, 224, 224).requires_grad_()).image_embeds.sum().backward()

    costs = [teraflops(lambda: tower(zeros(1, 3, 224, 224))), teraflops(embed_and_back)]
    assert costs == pytest.approx([forward, with_gradient], rel=0.01)


@pytest.mark.slow
def test_the_text_encoder_costs_what_was_published() -> None:
    words = torch.zeros(1, 77, device=META, dtype=torch.long)
    encoder = on_meta("unclip text")
    assert teraflops(lambda: encoder(words)) == pytest.approx(0.045, rel=0.01)


def test_random_networks_are_the_same_for_a_seed_and_leave_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    first, again, other = (random_networks(torch.device("cpu"), shapes=NARROW, seed=seed).planar for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    weights = [torch.cat([weight.flatten() for weight in prior.unet.parameters()]) for prior in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_random_networks_come_frozen_and_in_the_number_type_asked_for() -> None:
    networks = random_networks(torch.device("cpu"), torch.bfloat16, NARROW)
    for network in (networks.planar.unet, networks.stereo.unet, networks.joint.vision.tower):
        assert {weight.dtype for weight in network.parameters()} == {torch.bfloat16}
        assert not any(weight.requires_grad for weight in network.parameters())
        assert not network.training


def test_the_letter_tokenizer_fills_the_vocabulary_and_the_context() -> None:
    tokenizer = letter_tokenizer(64)
    assert len(tokenizer) == 64
    row = tokenizer("a red ball", padding="max_length", truncation=True).input_ids
    assert len(row) == 77
    assert (row[0], max(row)) == (62, 63)
