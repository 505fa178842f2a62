"""SDS, its image term and 3D-SDS through whole random networks, against the public formulation in float64.

The networks are those of the published models, narrowed. The reference does what threestudio's unified guidances do:
encode and sample the posterior, noise with diffusers' scheduler, evaluate both branches, turn v into eps, guide, weigh,
and send the result back through the encoder's Jacobian alone.
"""

import copy
from dataclasses import dataclass, replace

import pytest
import torch
import torch.nn.functional as F
from any_to_3d.backend.generator.losses.score_distillation import SDS
from any_to_3d.backend.generator.rendering.view import View
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.kernels.select import select_kernels
from any_to_3d.backend.models.latent_codec import LatentCodec
from any_to_3d.backend.models.protocols import Condition
from any_to_3d.backend.models.random_networks import NARROW, random_networks
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from torch import Tensor
from toy_world import camera_at

CPU = torch.device("cpu")
RENDERED, SIZE, LATENTS = 48, 64, 8
SCALING = 0.18215
SCHEDULER = DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")


@dataclass(frozen=True)
class World:
    runtime: Runtime
    autoencoder: AutoencoderKL
    condition: Condition
    view: View


@pytest.fixture(scope="module")
def world() -> World:
    networks = random_networks(CPU, shapes=NARROW)
    torch.manual_seed(7)
    autoencoder = NARROW.autoencoder.network().eval().requires_grad_(False)
    planar, stereo = (
        replace(prior, codec=LatentCodec(autoencoder, SIZE)) for prior in (networks.planar, networks.stereo)
    )
    joint = networks.joint
    rng = torch.Generator().manual_seed(1)
    embedding = F.normalize(torch.randn(1, NARROW.joint_vision.embedding_width, generator=rng), dim=1)
    reference = torch.rand(1, 3, SIZE, SIZE, generator=rng)
    condition = Condition(embedding, "a chair", reference_image=reference, reference_view=camera_at(0, 0))
    image = torch.rand(1, 3, RENDERED, RENDERED, generator=rng).requires_grad_()
    runtime = Runtime(CPU, select_kernels("auto", CPU)[0], planar, stereo, joint, joint, seed=3)
    return World(runtime, autoencoder, condition, View(camera_at(10, 40), rgb=image))


def actual(world: World, spec: SDS) -> Tensor:
    # A copy of the runtime begins its random streams anew.
    loss = spec.bind(replace(world.runtime), world.condition, "rgb")(world.view, 0.0)
    return torch.autograd.grad(loss, world.view.rgb)[0].double()


@dataclass(frozen=True)
class Branches:
    """A U-Net in float64 with its constant inputs, unconditional first; ``beside`` joins the noisy latents."""

    unet: UNet2DConditionModel
    tokens: Tensor
    labels: Tensor | None = None
    beside: Tensor | None = None
    is_velocity: bool = False

    def guided_noise(self, noised: Tensor, timestep: Tensor, scale: float) -> Tensor:
        sample = noised.repeat(2, 1, 1, 1)
        if self.beside is not None:
            sample = torch.cat([sample, self.beside], dim=1)
        said = self.unet(sample, timestep.repeat(2), encoder_hidden_states=self.tokens, class_labels=self.labels).sample
        if self.is_velocity:
            acp = SCHEDULER.alphas_cumprod[timestep].double()
            said = acp.sqrt() * said + (1 - acp).sqrt() * noised
        unconditional, conditional = said.chunk(2)
        return unconditional + scale * (conditional - unconditional)


def expected(world: World, spec: SDS, branches: Branches, scale: float) -> Tensor:
    """dL/dx of the rendered image, in float64 from the same draws."""
    rng = replace(world.runtime).rng(spec.name)
    posterior_noise = torch.randn(1, 4, LATENTS, LATENTS, generator=rng).double()
    timestep = torch.randint(200, 601, (1,), generator=rng)
    noise = torch.randn(1, 4, LATENTS, LATENTS, generator=rng).double()
    autoencoder = copy.deepcopy(world.autoencoder).double()
    rendered = world.view.rgb.detach().double().requires_grad_()
    image = F.interpolate(rendered, size=(SIZE, SIZE), mode="bilinear", align_corners=False)
    posterior = autoencoder.encode(2 * image - 1).latent_dist
    latents = SCALING * (posterior.mean + posterior.std * posterior_noise)
    acp = SCHEDULER.alphas_cumprod[timestep].double()
    weight = 1 - acp.sqrt()
    with torch.no_grad():
        noised = SCHEDULER.add_noise(latents, noise, timestep)
        eps = branches.guided_noise(noised, timestep, scale)
        guessed = (noised - (1 - acp).sqrt() * eps) / acp.sqrt()
        picture = (autoencoder.decode(guessed / SCALING).sample / 2 + 0.5).clamp(0, 1)
        in_image = spec.image_weight * weight * (acp / (1 - acp)).sqrt() * (image - picture)
    return torch.autograd.grad((latents, image), rendered, (weight * (eps - noise), in_image))[0]


def unclip_branches(world: World) -> Branches:
    prior = world.runtime.planar
    prepared = prior.prepare(world.condition)
    half = NARROW.joint_vision.embedding_width // 2
    label = torch.cat([20 * world.condition.embedding, torch.ones(1, half), torch.zeros(1, half)], dim=1).double()
    side = prepared.cross.views[1:2]  # azimuth 40 is still the front
    return Branches(
        copy.deepcopy(prior.unet).double(),
        torch.cat([prepared.cross.negative, side]).double(),
        labels=torch.cat([torch.zeros_like(label), label]),
        is_velocity=True,
    )


def zero123_branches(world: World) -> Branches:
    prior = world.runtime.stereo
    prepared = prior.prepare(world.condition)
    change = torch.deg2rad(torch.tensor([[-10.0, 40.0]], dtype=torch.float64))
    pose = torch.cat([change[:, :1], change[:, 1:].sin(), change[:, 1:].cos(), torch.zeros(1, 1)], dim=1)
    parts = torch.cat([prepared.embedding.double(), pose], dim=1)
    token = copy.deepcopy(prior.camera_projection).double()(parts)[:, None]
    reference = copy.deepcopy(world.autoencoder).double().encode(2 * world.condition.reference_image.double() - 1)
    mode = reference.latent_dist.mode()
    return Branches(
        copy.deepcopy(prior.unet).double(),
        torch.cat([torch.zeros_like(token), token]),
        beside=torch.cat([torch.zeros_like(mode), mode]),
    )


@pytest.mark.parametrize(("scale", "image_weight"), [(100.0, 0.01), (7.5, 1.0)])
def test_planar_guidance_is_the_public_formulation(world: World, scale: float, image_weight: float) -> None:
    spec = SDS("planar", scale, image_weight=image_weight)
    reference = expected(world, spec, unclip_branches(world), scale)
    torch.testing.assert_close(actual(world, spec), reference, atol=1e-3 * float(reference.abs().max()), rtol=1e-3)


def test_stereo_guidance_is_the_public_formulation(world: World) -> None:
    spec = SDS("stereo", 5.0, signal="rgb")
    reference = expected(world, spec, zero123_branches(world), 5.0)
    torch.testing.assert_close(actual(world, spec), reference, atol=1e-3 * float(reference.abs().max()), rtol=1e-3)
