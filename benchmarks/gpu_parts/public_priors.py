"""Score distillation as public code runs it: eager, in half precision, with every term for itself.

The formulation, not the code, of threestudio's stable_diffusion_unified_guidance.py (SDS with HiFA's image term),
zero123_unified_guidance.py, and Consistent3D's consistency distillation: every term resizes and encodes the picture
anew, both guidance branches go through the network in one call, nothing is compiled or laid out for the device.

Symbols: acp alphas_cumprod | a = sqrt(acp) | s = sqrt(1 - acp) | e predicted noise
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from any_to_3d.backend.generator.losses.score_distillation import CDS, SDS
from any_to_3d.backend.generator.schedules import value_at
from any_to_3d.backend.models.protocols import Viewpoints
from any_to_3d.backend.models.published import camera_projection
from any_to_3d.backend.models.random_networks import NetworkShapes
from any_to_3d.backend.models.schedule import NoiseSchedule
from diffusers import AutoencoderKL, UNet2DConditionModel
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import interpolate, mse_loss

SHOWN = 512
"""Pixels a side of what threestudio shows its 2D prior, whatever that was trained at."""


@dataclass(frozen=True)
class Conditions:
    """Of B views: what the U-Net reads besides 2 B noisy latents, conditional ones first."""

    tokens: Float[Tensor, "2B T D"]
    label: Float[Tensor, "2B L"] | None = None
    latents: Float[Tensor, "2B C h w"] | None = None


@dataclass(frozen=True)
class PublicPrior:
    """is_velocity: the network predicts v = a e - s x, else e.   acp: on the device."""

    unet: UNet2DConditionModel
    autoencoder: AutoencoderKL
    image_size: int
    is_velocity: bool
    acp: Float[Tensor, "T"]
    conditions: Callable[[Viewpoints], Conditions]

    @property
    def latent_size(self) -> int:
        return self.image_size // 8

    def sds(
        self, spec: SDS, picture: Float[Tensor, "B 3 H W"], cameras: Viewpoints, progress: float
    ) -> Float[Tensor, ""]:
        """DreamFusion's term weighted 1 - a, and HiFA's image term where the recipe has it; one timestep a batch."""
        seen = self._resized(picture)
        latents = self._encoded(seen)
        low, high = (int(len(self.acp) * value_at(end, progress)) for end in (spec.t_low, spec.t_high))
        t = torch.randint(low, high + 1, (1,), device=seen.device).repeat(len(seen))
        a, s = self._alpha(t), self._sigma(t)
        noise = torch.randn_like(latents)
        noisy = a * latents + s * noise
        e = self._noise(noisy, t, cameras, value_at(spec.guidance_scale, progress))
        weight = 1 - a
        loss = _with_gradient(latents, weight * (e - noise))
        if spec.image_weight:
            pull = weight * (seen - self._decoded((noisy - s * e) / a)) * a / s
            loss = loss + spec.image_weight * _with_gradient(seen, pull)
        return loss

    def cds(
        self,
        spec: CDS,
        picture: Float[Tensor, "B 3 H W"],
        cameras: Viewpoints,
        progress: float,
        fixed: Float[Tensor, "1 C h w"],
    ) -> Float[Tensor, ""]:
        """Consistent3D's difference of two predictions along one deterministic step with one fixed noise."""
        latents = self._encoded(self._resized(picture))
        steps, scale = len(self.acp), value_at(spec.guidance_scale, progress)
        less = torch.full((len(latents),), int(value_at(spec.t_less, progress) * steps), device=latents.device)
        more = less + torch.randint(int(spec.gap[0] * steps), int(spec.gap[1] * steps), (1,), device=latents.device)
        noisy = self._alpha(more) * latents.detach() + self._sigma(more) * fixed
        first = self._noise(noisy, more, cameras, scale)
        clean = (noisy - self._sigma(more) * first) / self._alpha(more)
        second = self._noise(self._alpha(less) * clean + self._sigma(less) * first, less, cameras, scale)
        return _with_gradient(latents, (1 - self._alpha(more) ** 2) * (first - second))

    def _resized(self, picture: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 S S"]:
        return interpolate(picture, (self.image_size, self.image_size), mode="bilinear", align_corners=False)

    def _encoded(self, picture: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B C h w"]:
        posterior = self.autoencoder.encode((2 * picture - 1).to(self.autoencoder.dtype)).latent_dist
        return (posterior.sample() * self.autoencoder.config.scaling_factor).to(picture.dtype)

    @torch.no_grad()
    def _decoded(self, latents: Float[Tensor, "B C h w"]) -> Float[Tensor, "B 3 S S"]:
        unscaled = (latents / self.autoencoder.config.scaling_factor).to(self.autoencoder.dtype)
        return (self.autoencoder.decode(unscaled).sample / 2 + 0.5).clamp(0, 1).to(latents.dtype)

    @torch.no_grad()
    def _noise(
        self, noisy: Float[Tensor, "B C h w"], t: Int[Tensor, "B"], cameras: Viewpoints, scale: float
    ) -> Float[Tensor, "B C h w"]:
        conditions, both, times = self.conditions(cameras), torch.cat([noisy] * 2), torch.cat([t] * 2)
        dtype = self.unet.dtype
        shown = both if conditions.latents is None else torch.cat([both, conditions.latents], dim=1)
        said = self.unet(
            shown.to(dtype),
            times,
            encoder_hidden_states=conditions.tokens.to(dtype),
            class_labels=None if conditions.label is None else conditions.label.to(dtype),
        ).sample.to(noisy.dtype)
        e = self._sigma(times) * both + self._alpha(times) * said if self.is_velocity else said
        conditional, unconditional = e.chunk(2)
        return unconditional + scale * (conditional - unconditional)

    def _alpha(self, t: Int[Tensor, "B"]) -> Float[Tensor, "B 1 1 1"]:
        return self.acp[t].sqrt()[:, None, None, None]

    def _sigma(self, t: Int[Tensor, "B"]) -> Float[Tensor, "B 1 1 1"]:
        return (1 - self.acp[t]).sqrt()[:, None, None, None]


def public_unclip(shapes: NetworkShapes, device: torch.device, dtype: torch.dtype) -> PublicPrior:
    """Stable unCLIP of these shapes with random weights and conditions."""
    unet, autoencoder = (
        _frozen(shapes.unclip.network, device, dtype),
        _frozen(shapes.autoencoder.network, device, dtype),
    )
    tokens = torch.randn(2, 77, shapes.unclip.cross_width, device=device)
    label = torch.randn(2, shapes.unclip.label_width or 0, device=device)

    def conditions(cameras: Viewpoints) -> Conditions:
        count = len(cameras.azimuth)
        return Conditions(tokens.repeat_interleave(count, 0), label.repeat_interleave(count, 0))

    size = min(SHOWN, 8 * shapes.unclip.latent_size)
    return PublicPrior(unet, autoencoder, size, True, _acp(device), conditions)


def public_zero123(shapes: NetworkShapes, device: torch.device, dtype: torch.dtype) -> PublicPrior:
    """Zero-1-to-3 of these shapes with random weights and a random reference view."""
    shape = shapes.zero123
    unet, autoencoder = _frozen(shape.network, device, dtype), _frozen(shapes.autoencoder.network, device, dtype)
    width = shapes.zero123_vision.embedding_width
    projection = _frozen(lambda: camera_projection(width, shape.cross_width), device, dtype)
    embedding = torch.randn(1, width, device=device)
    reference = torch.randn(1, 4, shape.latent_size, shape.latent_size, device=device)

    def conditions(cameras: Viewpoints) -> Conditions:
        turn, count = cameras.azimuth, len(cameras.azimuth)
        change = torch.stack([-cameras.elevation, turn.sin(), turn.cos(), cameras.distance - 2.5], dim=1)
        token = projection(torch.cat([embedding.expand(count, -1), change], dim=1).to(dtype))[:, None]
        latents = reference.expand(count, -1, -1, -1)
        return Conditions(
            torch.cat([token, torch.zeros_like(token)]), None, torch.cat([latents, torch.zeros_like(latents)])
        )

    return PublicPrior(unet, autoencoder, 8 * shape.latent_size, False, _acp(device), conditions)


def _with_gradient(value: Float[Tensor, "B *rest"], gradient: Float[Tensor, "B *rest"]) -> Float[Tensor, ""]:
    target = (value - gradient).detach()
    return 0.5 * mse_loss(value, target, reduction="sum") / len(value)


def _acp(device: torch.device) -> Float[Tensor, "T"]:
    return NoiseSchedule.scaled_linear().alphas_cumprod.float().to(device)


def _frozen(make: Callable[[], nn.Module], device: torch.device, dtype: torch.dtype) -> nn.Module:
    with device:
        network = make()
    return nn.Module.to(network, dtype).eval().requires_grad_(False)
