"""The Stable unCLIP wrapper against diffusers' own pipeline, and what the built-in label adds."""

import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from any_to_3d.backend.models.class_label import EmbeddingNoise, noise_level_sinusoid, unclip_label
from any_to_3d.backend.models.load import load_stable_unclip
from any_to_3d.backend.models.protocols import Condition
from any_to_3d.backend.models.stable_unclip import StableUnclipPrior
from any_to_3d.backend.models.view_features import view_features
from diffusers import DDPMScheduler, StableUnCLIPImg2ImgPipeline
from diffusers.pipelines.stable_diffusion.stable_unclip_image_normalizer import StableUnCLIPImageNormalizer
from tiny_checkpoints import CROSS, EMBEDDING, cameras
from torch import Tensor, nn

LEVEL = 100
FRONT = cameras((0, 0))


class Inputs:
    """Every input a U-Net is called with."""

    def __init__(self, unet: nn.Module) -> None:
        self.samples: list[Tensor] = []
        self.timesteps: list[Tensor] = []
        self.labels: list[Tensor] = []
        self.tokens: list[Tensor] = []
        self._hook = unet.register_forward_pre_hook(self._note, with_kwargs=True)

    def _note(self, _: nn.Module, positional: tuple[Tensor, Tensor], named: dict[str, Tensor]) -> None:
        self.samples.append(positional[0])
        self.timesteps.append(positional[1])
        self.labels.append(named["class_labels"])
        self.tokens.append(named["encoder_hidden_states"])

    def __enter__(self) -> "Inputs":
        return self

    def __exit__(self, *_: object) -> None:
        self._hook.remove()


@pytest.fixture
def embedding() -> Tensor:
    return F.normalize(torch.randn(1, EMBEDDING, generator=torch.Generator().manual_seed(0)), dim=1)


def test_one_guided_step_is_the_pipelines_own(
    pipeline: StableUnCLIPImg2ImgPipeline, unclip_folder: Path, embedding: Tensor
) -> None:
    latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    steps: list[Tensor] = []
    with Inputs(pipeline.unet) as theirs:
        pipeline(
            image_embeds=20 * embedding,
            prompt="a chair, front view",
            negative_prompt="bad",
            latents=latents,
            guidance_scale=7.0,
            num_inference_steps=2,
            noise_level=LEVEL,
            generator=torch.Generator().manual_seed(0),
            output_type="latent",
            callback=lambda _index, _timestep, after: steps.append(after),
        )
    prior = load_stable_unclip(unclip_folder, torch.device("cpu"), noise_level=LEVEL)
    timestep = pipeline.scheduler.timesteps[:1]
    sigma = prior.schedule.sigma(timestep)
    noisy = latents * (1 + sigma**2).sqrt()
    with Inputs(prior.unet) as ours:
        condition = prior.prepare(Condition(embedding, text="a chair", negative="bad"))
        clean = prior.denoise(noisy, sigma, condition, FRONT, 7.0)
    assert torch.equal(ours.timesteps[0], timestep.repeat(2))
    for mine, other in ((ours.samples, theirs.samples), (ours.labels, theirs.labels), (ours.tokens, theirs.tokens)):
        torch.testing.assert_close(mine[0], other[0], atol=1e-6, rtol=1e-5)

    previous = pipeline.scheduler.timesteps[1]
    acp = prior.schedule.alphas_cumprod[previous].float()
    noise = (noisy - clean) / sigma
    torch.testing.assert_close(acp.sqrt() * clean + (1 - acp).sqrt() * noise, steps[0], atol=1e-4, rtol=1e-4)


def test_label_at_level_zero_is_the_embedding_then_ones_then_zeros(embedding: Tensor) -> None:
    noise = EmbeddingNoise(StableUnCLIPImageNormalizer(EMBEDDING), DDPMScheduler(beta_schedule="squaredcos_cap_v2"))
    half = EMBEDDING // 2
    expected = torch.cat([20 * embedding, torch.ones(1, half), torch.zeros(1, half)], dim=1)
    torch.testing.assert_close(unclip_label(embedding, 20.0, noise), expected)


def test_label_of_the_published_width_has_512_ones_and_512_zeros() -> None:
    expected = torch.cat([torch.ones(1, 512), torch.zeros(1, 512)], dim=1)
    torch.testing.assert_close(noise_level_sinusoid(0, 1024), expected)


@pytest.mark.parametrize("level", [-1, 1000])
def test_a_noise_level_off_the_schedule_is_refused(level: int) -> None:
    with pytest.raises(ValueError, match=f"noise level {level} is outside 0..999"):
        EmbeddingNoise(StableUnCLIPImageNormalizer(4), DDPMScheduler(), level)


def test_unconditional_half_has_a_zero_label_and_the_negative_words(
    unclip: StableUnclipPrior, embedding: Tensor
) -> None:
    condition = unclip.prepare(Condition(embedding, text="a chair", negative="bad"))
    with Inputs(unclip.unet) as seen:
        unclip.denoise(torch.randn(1, 4, 8, 8), torch.ones(1), condition, FRONT, 3.0)
    assert seen.labels[0][0].abs().max() == 0
    torch.testing.assert_close(seen.tokens[0][0], condition.cross.negative[0])
    assert not torch.allclose(seen.tokens[0][0], seen.tokens[0][1])


def test_scale_one_calls_the_network_once_per_image_and_agrees_with_guidance(
    unclip: StableUnclipPrior, embedding: Tensor
) -> None:
    condition = unclip.prepare(Condition(embedding, text="a chair"))
    noisy, sigma = torch.randn(2, 4, 8, 8), torch.tensor([0.5, 5.0])
    views = cameras((0, 0), (0, 90))
    with Inputs(unclip.unet) as seen:
        plain = unclip.denoise(noisy, sigma, condition, views, 1.0)
    assert [len(sample) for sample in seen.samples] == [2]
    unguided, doubled = (unclip.denoise(noisy, sigma, condition, views, scale) for scale in (0.0, 2.0))
    torch.testing.assert_close(plain, (unguided + doubled) / 2, atol=1e-4, rtol=1e-4)


def test_each_camera_reads_its_own_view_words(unclip: StableUnclipPrior, embedding: Tensor) -> None:
    condition = unclip.prepare(Condition(embedding, text="a chair"))
    views = cameras((0, 0), (0, 90), (0, 180), (80, 0))
    with Inputs(unclip.unet) as seen:
        unclip.denoise(torch.randn(4, 4, 8, 8), torch.ones(4), condition, views, 1.0)
    front, side, back, overhead = seen.tokens[0]
    torch.testing.assert_close(torch.stack([side, front, back, overhead]), condition.cross.views)
    assert len(torch.unique(condition.cross.views.flatten(1), dim=0)) == 4


def test_without_words_every_camera_reads_the_empty_prompt(unclip: StableUnclipPrior, embedding: Tensor) -> None:
    condition = unclip.prepare(Condition(embedding))
    with Inputs(unclip.unet) as seen:
        unclip.denoise(torch.randn(2, 4, 8, 8), torch.ones(2), condition, cameras((0, 0), (0, 180)), 1.0)
    torch.testing.assert_close(seen.tokens[0][0], seen.tokens[0][1])
    torch.testing.assert_close(seen.tokens[0][:1], condition.cross.negative)


def test_builtin_label_carries_embedding_level_pose_and_signal(
    builtin_unclip: StableUnclipPrior, embedding: Tensor
) -> None:
    views = cameras((10, 0), (-30, 90))
    with Inputs(builtin_unclip.unet) as seen:
        condition = builtin_unclip.prepare(Condition(embedding, text="a chair"), "normal")
        builtin_unclip.denoise(torch.randn(2, 4, 8, 8), torch.ones(2), condition, views, 2.0)
    half = EMBEDDING // 2
    constant = torch.cat([11.3 * embedding, torch.ones(1, half), torch.zeros(1, half)], dim=1).expand(2, -1)
    pose = view_features([views.azimuth, 2 * views.elevation], 2, 1.4)
    signal = torch.tensor([[0.0, 1.0]]).expand(2, -1)
    torch.testing.assert_close(seen.labels[0][2:], torch.cat([constant, pose, signal], dim=1))
    assert seen.labels[0][:2].abs().max() == 0
    assert torch.equal(seen.tokens[0], torch.zeros(4, 1, CROSS))


def test_a_network_without_words_takes_the_negative_prompt_as_a_label_of_the_same_camera(
    builtin_unclip: StableUnclipPrior, embedding: Tensor
) -> None:
    views, avoided = cameras((10, 0), (-30, 90)), embedding.roll(1, dims=1)
    asked = builtin_unclip.prepare(Condition(embedding, negative="bad", negative_embedding=avoided))
    wanted = builtin_unclip.prepare(Condition(avoided))
    noisy = torch.randn(2, 4, 8, 8)
    with Inputs(builtin_unclip.unet) as seen:
        builtin_unclip.denoise(noisy, torch.ones(2), asked, views, 2.0)
        builtin_unclip.denoise(noisy, torch.ones(2), wanted, views, 1.0)
    assert torch.equal(seen.labels[0][:2], seen.labels[1])
    assert not torch.equal(seen.labels[0][:2], seen.labels[0][2:])


def test_a_network_that_reads_keeps_its_zero_label_beside_negative_words(
    unclip: StableUnclipPrior, embedding: Tensor
) -> None:
    asked = unclip.prepare(Condition(embedding, negative="bad", negative_embedding=embedding.roll(1, dims=1)))
    with Inputs(unclip.unet) as seen:
        unclip.denoise(torch.randn(1, 4, 8, 8), torch.ones(1), asked, FRONT, 3.0)
    assert seen.labels[0][0].abs().max() == 0
    torch.testing.assert_close(seen.tokens[0][0], asked.cross.negative[0])


def test_builtin_estimate_depends_on_the_azimuth(builtin_unclip: StableUnclipPrior, embedding: Tensor) -> None:
    condition = builtin_unclip.prepare(Condition(embedding))
    noisy, sigma = torch.randn(1, 4, 8, 8), torch.ones(1)
    front, side, again = (
        builtin_unclip.denoise(noisy, sigma, condition, cameras((0, azimuth)), 1.0) for azimuth in (0, 90, 360)
    )
    assert (front - side).abs().max() > 1e-3
    torch.testing.assert_close(front, again, atol=1e-4, rtol=1e-4)


def test_an_embedding_of_another_encoder_is_refused(unclip: StableUnclipPrior) -> None:
    with pytest.raises(ValueError, match=f"takes embeddings of {EMBEDDING} numbers, got 7: use the joint encoder"):
        unclip.prepare(Condition(torch.ones(1, 7)))


def test_denoising_builds_no_graph_and_returns_float32(unclip_folder: Path, embedding: Tensor) -> None:
    prior = load_stable_unclip(unclip_folder, torch.device("cpu"), torch.bfloat16)
    noisy = torch.randn(1, 4, 8, 8, requires_grad=True)
    clean = prior.denoise(noisy, torch.ones(1), prior.prepare(Condition(embedding)), FRONT, 3.0)
    assert not clean.requires_grad
    assert clean.dtype == torch.float32
    assert clean.isfinite().all()


def test_networks_are_frozen(unclip: StableUnclipPrior) -> None:
    assert not any(weight.requires_grad for weight in unclip.unet.parameters())
    assert not unclip.unet.training


def test_image_size_may_differ_from_the_trained_one(unclip_folder: Path) -> None:
    prior = load_stable_unclip(unclip_folder, torch.device("cpu"), image_size=24)
    assert prior.image_size == 24
    assert prior.encode(torch.rand(1, 3, 50, 50)).shape[1:] == prior.latent_shape == (4, 12, 12)


def test_timestep_follows_the_noise_level_per_image(unclip: StableUnclipPrior, embedding: Tensor) -> None:
    timesteps = torch.tensor([20, 700])
    condition = unclip.prepare(Condition(embedding))
    with Inputs(unclip.unet) as seen:
        noisy = torch.ones(2, 4, 8, 8)
        unclip.denoise(noisy, unclip.schedule.sigma(timesteps), condition, cameras((0, 0), (0, 0)), 1.0)
    assert torch.equal(seen.timesteps[0], timesteps)
    torch.testing.assert_close(seen.samples[0][:, 0, 0, 0], unclip.schedule.alpha(timesteps))
    assert math.isclose(float(unclip.schedule.alpha(timesteps)[0]) ** 2, 0.98131, abs_tol=1e-5)
