"""Zero-1-to-3 in both published layouts, against the inputs and steps of the two public diffusers pipelines.

Neither pipeline is part of the diffusers package, so what they compute is written down here from their sources:
  community   diffusers examples/community/pipeline_zero1to3.py: guided sampling, poses in degrees
  unified     threestudio models/guidance/zero123_unified_guidance.py: the noise it distils
"""

import math
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from any_to_3d.backend.models.load import load_zero123
from any_to_3d.backend.models.protocols import Condition
from any_to_3d.backend.models.zero123 import Zero123Prior
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from PIL import Image
from published_folders import ZERO123_SIZE, save_zero123
from safetensors.torch import load_file
from tiny_checkpoints import Cameras
from torch import Tensor, nn
from transformers import CLIPImageProcessor, CLIPVisionModelWithProjection

CPU = torch.device("cpu")
LATENTS = ZERO123_SIZE // 8
GUIDANCE = 5.0
REFERENCE = (10.0, -25.0, 2.5)
TURNED = ((40.0, 65.0, 2.2), (-20.0, -115.0, 2.9))
"""Elevation and azimuth in degrees, and distance: where the reference was seen from, and where to look from."""


@dataclass(frozen=True)
class PublicPipeline:
    """A folder's networks as the libraries load them, and the pipelines' own arithmetic on them."""

    unet: UNet2DConditionModel
    vae: AutoencoderKL
    vision: CLIPVisionModelWithProjection
    extractor: CLIPImageProcessor
    projection: nn.Linear
    scheduler: DDPMScheduler

    @staticmethod
    def load(folder: Path, projection: str) -> "PublicPipeline":
        vision = CLIPVisionModelWithProjection.from_pretrained(folder / "image_encoder")
        tensors = load_file(folder / projection / "diffusion_pytorch_model.safetensors")
        layer = nn.Linear(vision.config.projection_dim + 4, vision.config.projection_dim)
        layer.load_state_dict({key.split(".")[-1]: value for key, value in tensors.items()})
        return PublicPipeline(
            UNet2DConditionModel.from_pretrained(folder / "unet"),
            AutoencoderKL.from_pretrained(folder / "vae"),
            vision.eval(),
            CLIPImageProcessor.from_pretrained(folder / "feature_extractor"),
            layer,
            DDPMScheduler.from_pretrained(folder / "scheduler"),
        )

    def token(self, image: Tensor, poses: Tensor) -> Tensor:
        """[B, 1, D] from the reference in [0, 1] and poses (radians of polar angle, sine, cosine, distance)."""
        picture = Image.fromarray((255 * image[0]).round().byte().permute(1, 2, 0).numpy())
        pixels = self.extractor(images=picture, return_tensors="pt").pixel_values
        embedding = self.vision(pixels).image_embeds[:, None].expand(len(poses), -1, -1)
        return self.projection(torch.cat([embedding, poses[:, None]], dim=-1))

    def reference(self, image: Tensor) -> Tensor:
        """The posterior's mode, without the scaling factor that the noisy latents have."""
        return self.vae.encode(2 * image - 1).latent_dist.mode()

    @torch.no_grad()
    def guided_noise(self, image: Tensor, poses: Tensor, noised: Tensor, timestep: Tensor) -> tuple[Tensor, Tensor]:
        """(the U-Net's whole input, unconditional first; the guided eps), as in the community's denoising loop."""
        token, reference = self.token(image, poses), self.reference(image).expand(len(poses), -1, -1, -1)
        beside = torch.cat([torch.zeros_like(reference), reference])
        sample = torch.cat([torch.cat([noised, noised]), beside], dim=1)
        tokens = torch.cat([torch.zeros_like(token), token])
        eps = self.unet(sample, timestep.repeat(2), encoder_hidden_states=tokens).sample
        unconditional, conditional = eps.chunk(2)
        return torch.cat([sample.flatten(1), tokens.flatten(1)], 1), unconditional + GUIDANCE * (
            conditional - unconditional
        )


def community_poses() -> Tensor:
    """What its users pass: degrees down in polar angle, degrees of azimuth, and distance, all relative."""
    degrees = [
        (REFERENCE[0] - elevation, azimuth - REFERENCE[1], distance - REFERENCE[2])
        for elevation, azimuth, distance in TURNED
    ]
    polar, azimuth, distance = torch.tensor(degrees).T
    turn = torch.deg2rad(azimuth)
    return torch.stack([torch.deg2rad(polar), turn.sin(), turn.cos(), distance], dim=1)


def unified_poses() -> Tensor:
    """From absolute degrees of the reference and of the cameras."""
    elevation, azimuth, distance = torch.tensor(TURNED).T
    return torch.stack(
        [
            torch.deg2rad(REFERENCE[0] - elevation),
            torch.sin(torch.deg2rad(azimuth - REFERENCE[1])),
            torch.cos(torch.deg2rad(azimuth - REFERENCE[1])),
            distance - REFERENCE[2],
        ],
        dim=-1,
    )


def views(*places: tuple[float, float, float]) -> Cameras:
    elevation, azimuth, distance = torch.tensor(places).T
    return Cameras(torch.deg2rad(elevation), torch.deg2rad(azimuth), distance, torch.full_like(distance, 0.7))


@pytest.fixture(scope="module", params=["clip_camera_projection", "cc_projection"])
def layout(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("models") / "zero123"
    save_zero123(folder, request.param)
    return folder, request.param


@pytest.fixture(scope="module")
def theirs(layout: tuple[Path, str]) -> PublicPipeline:
    return PublicPipeline.load(*layout)


@pytest.fixture(scope="module")
def ours(layout: tuple[Path, str]) -> Zero123Prior:
    return load_zero123(layout[0], CPU)


@pytest.fixture(scope="module")
def image() -> Tensor:
    """Of 256 shades a channel, as pipelines are given picture files."""
    rng = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (1, 3, ZERO123_SIZE, ZERO123_SIZE), generator=rng) / 255


def condition_of(image: Tensor, prior: Zero123Prior) -> Condition:
    width = prior.vision.tower.config.projection_dim
    return Condition(F.normalize(torch.ones(1, width), dim=1), reference_image=image, reference_view=views(REFERENCE))


def input_seen(prior: Zero123Prior, image: Tensor, noisy: Tensor, sigma: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    seen: list[Tensor] = []

    def note(_: nn.Module, positional: tuple[Tensor, Tensor], named: dict[str, Tensor]) -> None:
        seen.append(torch.cat([positional[0].flatten(1), named["encoder_hidden_states"].flatten(1)], dim=1))

    hook = prior.unet.register_forward_pre_hook(note, with_kwargs=True)
    clean = prior.denoise(noisy, sigma, prior.prepare(condition_of(image, prior)), views(*TURNED), scale)
    hook.remove()
    return seen[0], clean


def test_both_pipelines_describe_the_turn_alike() -> None:
    torch.testing.assert_close(community_poses(), unified_poses())
    assert community_poses()[0, :2].tolist() == pytest.approx([-math.pi / 6, 1.0])


@pytest.mark.parametrize("level", [20, 300, 980])
def test_network_sees_and_says_what_it_does_in_the_public_pipelines(
    theirs: PublicPipeline, ours: Zero123Prior, image: Tensor, level: int
) -> None:
    rng = torch.Generator().manual_seed(level)
    latents, noise = torch.randn(2, 2, 4, LATENTS, LATENTS, generator=rng)
    timestep = torch.full((2,), level)
    noised = theirs.scheduler.add_noise(latents, noise, timestep)
    expected_input, eps = theirs.guided_noise(image, community_poses(), noised, timestep)
    sigma = ours.schedule.sigma(timestep)
    column = sigma.view(-1, 1, 1, 1)
    seen, clean = input_seen(ours, image, latents + column * noise, sigma, GUIDANCE)
    torch.testing.assert_close(seen, expected_input, atol=1e-5, rtol=1e-4)
    implied = (latents + column * noise - clean) / column
    torch.testing.assert_close(implied, eps, atol=1e-3 / float(sigma.clamp_max(1)[0]), rtol=1e-3)
    steps = [theirs.scheduler.step(eps[i : i + 1], level, noised[i : i + 1]).pred_original_sample for i in range(2)]
    torch.testing.assert_close(clean, torch.cat(steps), atol=1e-3, rtol=1e-3)


def test_without_guidance_the_network_sees_the_conditional_half_alone(
    theirs: PublicPipeline, ours: Zero123Prior, image: Tensor
) -> None:
    noised = torch.randn(2, 4, LATENTS, LATENTS, generator=torch.Generator().manual_seed(0))
    timestep = torch.full((2,), 500)
    expected, _ = theirs.guided_noise(image, unified_poses(), noised, timestep)
    sigma = ours.schedule.sigma(timestep)
    seen, _ = input_seen(ours, image, noised * (1 + sigma**2).sqrt().view(-1, 1, 1, 1), sigma, 1.0)
    torch.testing.assert_close(seen, expected[2:], atol=1e-5, rtol=1e-4)


def test_the_noisy_latents_are_scaled_and_the_reference_is_not(
    theirs: PublicPipeline, ours: Zero123Prior, image: Tensor
) -> None:
    mode = theirs.vae.encode(2 * image - 1).latent_dist.mode()
    torch.testing.assert_close(ours.encode(image), 0.18215 * mode, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(ours.prepare(condition_of(image, ours)).latents, mode, atol=1e-6, rtol=1e-5)


def test_noise_levels_are_those_of_the_folders_scheduler(theirs: PublicPipeline, ours: Zero123Prior) -> None:
    torch.testing.assert_close(ours.schedule.alphas_cumprod, theirs.scheduler.alphas_cumprod.double(), atol=0, rtol=0)
    assert ours.prediction_type == theirs.scheduler.config.prediction_type == "epsilon"
