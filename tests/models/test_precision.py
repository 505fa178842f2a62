"""Short numbers inside the frozen networks: which, where, and that what the losses get of them is still right."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from any_to_3d.backend.generator.cameras import CameraBatch
from any_to_3d.backend.generator.losses.score_distillation import with_gradient
from any_to_3d.backend.models.load import load_stable_unclip
from any_to_3d.backend.models.precision import autoencoder_dtype, describe_precision, precision_for
from any_to_3d.backend.models.protocols import Condition, DiffusionPrior
from any_to_3d.backend.models.random_networks import NARROW, RandomNetworks, random_networks
from diffusers.models.attention_processor import Attention, AttnProcessor
from tiny_checkpoints import autoencoder, tiny_autoencoder, unclip_pipeline
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

CPU = torch.device("cpu")
SIZE = 64


@pytest.mark.parametrize(
    ("device_type", "has_bfloat16", "dtype"),
    [
        ("cpu", False, torch.float32),
        ("cpu", True, torch.float32),
        ("cuda", True, torch.bfloat16),
        ("cuda", False, torch.float16),
        ("mps", False, torch.float32),
    ],
)
def test_only_nvidia_cards_compute_in_short_numbers_and_in_bfloat16_where_they_can(
    device_type: str, has_bfloat16: bool, dtype: torch.dtype
) -> None:
    assert precision_for(device_type, has_bfloat16).dtype == dtype


def test_the_choice_is_told_in_one_line() -> None:
    assert describe_precision(CPU) == "precision: float32 on cpu, where shorter numbers are no faster"


@pytest.mark.cuda
def test_a_gpus_own_choice_is_made_without_trying_it_out() -> None:
    assert describe_precision(torch.device("cuda:0")).split()[1] in ("bfloat16", "float16")


def test_an_autoencoder_is_upcast_from_float16_alone() -> None:
    assert autoencoder_dtype(torch.float16, is_upcast_asked=True) == torch.float32
    assert autoencoder_dtype(torch.float16, is_upcast_asked=False) == torch.float16
    assert autoencoder_dtype(torch.bfloat16, is_upcast_asked=True) == torch.bfloat16
    assert autoencoder_dtype(torch.float32, is_upcast_asked=True) == torch.float32


@pytest.mark.parametrize(
    ("saved", "asked", "dtype"),
    [
        (autoencoder, None, torch.float32),  # as Stable Diffusion 2.1's: its config does not say
        (autoencoder, True, torch.float32),
        (autoencoder, False, torch.float16),
        (tiny_autoencoder, None, torch.float16),
    ],
)
def test_a_folder_says_whether_its_autoencoder_is_safe_in_float16(
    tmp_path: Path, saved: Callable[[], torch.nn.Module], asked: bool | None, dtype: torch.dtype
) -> None:
    pipeline = unclip_pipeline()
    pipeline.register_modules(vae=saved())
    pipeline.save_pretrained(tmp_path)
    file = tmp_path / "vae" / "config.json"
    config = {key: value for key, value in json.loads(file.read_text()).items() if key != "force_upcast"}
    file.write_text(json.dumps(config if asked is None else {**config, "force_upcast": asked}))
    prior = load_stable_unclip(tmp_path, CPU, torch.float16)
    assert prior.unet.dtype == torch.float16
    assert prior.codec.dtype == dtype


def self_attention(largest_logit: float) -> tuple[Attention, Tensor]:
    """The first self-attention of Stable unCLIP's U-Net, which asks for exact logits, made to have such ones."""
    unet = random_networks(CPU, shapes=NARROW).planar.unet
    attention = next(module for name, module in unet.named_modules() if name.endswith("attn1"))
    assert isinstance(attention, Attention)
    assert attention.upcast_attention
    hidden = torch.randn(1, 32, attention.query_dim, generator=torch.Generator().manual_seed(0))
    query, key = attention.to_q(hidden), attention.to_k(hidden)
    assert attention.heads == 1
    grow = (largest_logit / float((attention.scale * query @ key.mT).max())) ** 0.5
    for layer in (attention.to_q, attention.to_k):
        layer.weight.mul_(grow)
    return attention, hidden


def error(attention: Attention, hidden: Tensor, dtype: torch.dtype) -> float:
    """Largest difference from float64, relative to its largest output; queries, keys and values have this dtype."""
    short, hidden = copy.deepcopy(attention).to(dtype), hidden.to(dtype)
    query, key, value = (layer(hidden).double() for layer in (short.to_q, short.to_k, short.to_v))
    shares = (short.scale * query @ key.mT).softmax(dim=-1)
    expected = copy.deepcopy(short.to_out[0]).double()(shares @ value)
    return float((short(hidden).double() - expected).abs().max() / expected.abs().max())


@contextmanager
def reduced_math() -> Iterator[None]:
    torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp(True)
    try:
        yield
    finally:
        torch.backends.cuda.allow_fp16_bf16_reduction_math_sdp(False)


@pytest.mark.parametrize("backend", [SDPBackend.MATH, SDPBackend.FLASH_ATTENTION])
def test_attention_logits_beyond_float16_are_no_problem(backend: SDPBackend) -> None:
    attention, hidden = self_attention(largest_logit=200_000.0)
    with sdpa_kernel(backend):
        assert error(attention, hidden, torch.float16) < 0.02


@pytest.mark.parametrize("backend", [SDPBackend.MATH, SDPBackend.FLASH_ATTENTION])
def test_attention_logits_are_not_rounded_to_bfloat16(backend: SDPBackend) -> None:
    attention, hidden = self_attention(largest_logit=100.0)
    with sdpa_kernel(backend):
        assert error(attention, hidden, torch.bfloat16) < ROUNDED_LOGITS / 2


@pytest.mark.cuda
@pytest.mark.parametrize("backend", [None, SDPBackend.MATH])
def test_a_gpus_attention_keeps_its_logits_exact_too(backend: SDPBackend | None) -> None:
    for dtype, largest_logit, bound in ((torch.float16, 200_000.0, 0.02), (torch.bfloat16, 100.0, ROUNDED_LOGITS / 2)):
        attention, hidden = self_attention(largest_logit)
        with nullcontext() if backend is None else sdpa_kernel(backend):
            assert error(attention.to("cuda:0"), hidden.to("cuda:0"), dtype) < bound


ROUNDED_LOGITS = 0.01
"""What logits of a hundred, rounded to bfloat16, do to the output at least; rounding the output alone makes .003."""


@pytest.mark.parametrize(
    "how", [lambda: nullcontext(), reduced_math], ids=["without fused attention", "with reduced sums"]
)
def test_short_logits_would_show_in_these_tests(how: Callable) -> None:
    large, hidden = self_attention(largest_logit=200_000.0)
    small, hidden_small = self_attention(largest_logit=100.0)
    if how is not reduced_math:
        for attention in (large, small):
            attention.set_processor(AttnProcessor())
            attention.upcast_attention = False
    with how(), sdpa_kernel(SDPBackend.MATH):
        assert not error(large, hidden, torch.float16) < 1
        assert error(small, hidden_small, torch.bfloat16) > ROUNDED_LOGITS


@pytest.fixture(scope="module")
def full() -> RandomNetworks:
    return random_networks(CPU, torch.float32, NARROW)


@pytest.fixture(scope="module")
def short() -> RandomNetworks:
    return random_networks(CPU, torch.bfloat16, NARROW)


def two_cameras() -> CameraBatch:
    return CameraBatch.orbit(
        torch.tensor([0.1, 0.3]), torch.tensor([0.5, 1.5]), torch.full((2,), 2.5), torch.full((2,), 0.7), SIZE
    )


def seeded(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(5))


def picture() -> Tensor:
    return torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(6))


def a_condition() -> Condition:
    embedding = F.normalize(seeded(1, NARROW.joint_vision.embedding_width), dim=1)
    return Condition(embedding, "a chair", reference_image=picture(), reference_view=two_cameras()[:1])


def off_by(got: Tensor, expected: Tensor) -> float:
    assert got.dtype == expected.dtype == torch.float32
    return float((got - expected).norm() / expected.norm())


def distillation_residual(prior: DiffusionPrior, guidance_scale: float) -> Tensor:
    """eps_hat - eps, of which the guidance's gradient is a multiple."""
    noise, z = seeded(2, 4, 8, 8), seeded(2, 4, 8, 8).flip(0)
    sigma = prior.schedule.sigma(torch.tensor([200, 600]))
    clean = prior.denoise(
        z + sigma[:, None, None, None] * noise, sigma, prior.prepare(a_condition()), two_cameras(), guidance_scale
    )
    return (z - clean) / sigma[:, None, None, None]


@pytest.mark.parametrize("name", ["planar", "stereo"])
def test_guidance_in_bfloat16_points_where_that_in_float32_does(
    full: RandomNetworks, short: RandomNetworks, name: str
) -> None:
    """Guidance of 100 multiplies what rounding does to the difference of two estimates."""
    for scale, bound, least_cosine in ((1.0, 0.02, 0.999), (5.0, 0.06, 0.998), (100.0, 0.15, 0.99)):
        expected, got = (distillation_residual(getattr(networks, name), scale) for networks in (full, short))
        assert off_by(got, expected) < bound
        assert float(F.cosine_similarity(got.flatten(), expected.flatten(), dim=0)) > least_cosine


def test_pictures_go_through_a_bfloat16_autoencoder_and_back(full: RandomNetworks, short: RandomNetworks) -> None:
    assert off_by(short.planar.encode(picture()), full.planar.encode(picture())) < 0.05
    latents = seeded(1, 4, 8, 8)
    assert off_by(short.planar.decode(latents), full.planar.decode(latents)) < 0.02


def image_gradient(prior: DiffusionPrior, wanted: Tensor) -> Tensor:
    image = picture().requires_grad_()
    return torch.autograd.grad(with_gradient(prior.encode(image), wanted), image)[0]


def test_the_pictures_gradient_through_a_bfloat16_encoder_has_its_direction(
    full: RandomNetworks, short: RandomNetworks
) -> None:
    wanted = seeded(1, 4, 8, 8)
    got, expected = image_gradient(short.planar, wanted), image_gradient(full.planar, wanted)
    assert off_by(got, expected) < 0.1
    assert float(F.cosine_similarity(got.flatten(), expected.flatten(), dim=0)) > 0.995


def test_the_joint_encoders_cosine_and_gradient_survive_bfloat16(full: RandomNetworks, short: RandomNetworks) -> None:
    aim = F.normalize(seeded(1, NARROW.joint_vision.embedding_width), dim=1)
    cosines, gradients = [], []
    for networks in (full, short):
        image = picture().requires_grad_()
        cosine = F.cosine_similarity(networks.joint.embed_image(image), aim)[0]
        cosines.append(float(cosine.detach()))
        gradients.append(torch.autograd.grad(cosine, image)[0])
    assert cosines[1] == pytest.approx(cosines[0], abs=0.01)
    assert off_by(gradients[1], gradients[0]) < 0.1


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_number_that_is_none_reaches_the_loss_and_the_picture(dtype: torch.dtype) -> None:
    prior = random_networks(CPU, dtype, NARROW).planar
    prior.unet.conv_in.weight.data[0, 0, 0, 0] = torch.inf
    residual = distillation_residual(prior, 100.0)
    assert not residual.isfinite().all()
    gradient = image_gradient(prior, residual[:1])
    assert not gradient.isfinite().all()


def test_a_decoder_that_breaks_does_not_paint_a_picture() -> None:
    prior = random_networks(CPU, torch.float16, NARROW).planar
    prior.codec.network.decoder.conv_in.weight.data.mul_(1e4)
    assert prior.decode(100 * seeded(1, 4, 8, 8)).isnan().any()
