"""Zero-1-to-3 (and the built-in priors of its kind): a denoiser that knows one view of the object and is told the turn.

The network sees the noisy latents beside the reference's clean ones, and one token projected from the reference's image
embedding and the camera's change T. Unconditional = a zero token after the projection and zero reference latents.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel
from jaxtyping import Float
from torch import Generator, Tensor, nn

from .clip_vision import ClipVision
from .conditioning import Zero123Conditioning
from .guidance import guided
from .latent_codec import LatentCodec, resized
from .parameterisation import PredictionType, clean_estimate, network_input
from .protocols import Condition, Signal, Viewpoints
from .schedule import NoiseSchedule


@dataclass(frozen=True)
class Zero123Condition:
    """The reference view in the network's terms: raw embedding, unscaled latents, and where its camera stood."""

    embedding: Float[Tensor, "1 E"]
    latents: Float[Tensor, "1 C h w"]
    view: Viewpoints


@dataclass(frozen=True)
class Zero123Prior:
    """A DiffusionPrior made of diffusers' networks; latents and estimates are float32 whatever the networks' dtype."""

    unet: UNet2DConditionModel
    codec: LatentCodec
    vision: ClipVision
    camera_projection: nn.Linear
    schedule: NoiseSchedule
    prediction_type: PredictionType
    conditioning: Zero123Conditioning | None = None

    @property
    def image_size(self) -> int:
        return self.codec.image_size

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        return self.codec.latent_shape

    def move(self, device: torch.device) -> None:
        self.unet.to(device)
        self.codec.move(device)
        self.vision.move(device)
        self.camera_projection.to(device)

    @torch.no_grad()
    def prepare(self, condition: Condition, signal: Signal = "rgb") -> Zero123Condition:
        """Raises ValueError for a condition without a reference view; it has no use for ``signal``."""
        if condition.reference_image is None or condition.reference_view is None:
            raise ValueError(
                "a 3D-aware prior needs a reference view and the condition has none; sample one from the 2D prior, "
                "give an image of the object on white, or set the weights of the stereo and reference losses to 0"
            )
        image = resized(condition.reference_image.to(self.unet.device), self.image_size)
        return Zero123Condition(
            self.vision.raw_embedding(image), self.codec.unscaled_mode(image), condition.reference_view
        )

    def encode(self, image: Float[Tensor, "B 3 H W"], rng: Generator | None = None) -> Float[Tensor, "B C h w"]:
        return self.codec.encode(image, rng)

    def decode(self, latents: Float[Tensor, "B C h w"]) -> Float[Tensor, "B 3 H W"]:
        return self.codec.decode(latents)

    @torch.no_grad()
    def denoise(
        self,
        noisy: Float[Tensor, "B C h w"],
        sigma: Float[Tensor, "B"],
        condition: Zero123Condition,
        cameras: Viewpoints,
        guidance_scale: float,
    ) -> Float[Tensor, "B C h w"]:
        token = self._token(condition, cameras)
        reference = condition.latents.expand(len(noisy), -1, -1, -1)
        label = self._label(condition, cameras)
        if guidance_scale == 1:
            output = self._output(noisy, sigma, reference, token, label)
        else:
            unconditional, conditional = self._output(
                noisy.repeat(2, 1, 1, 1),
                sigma.repeat(2),
                torch.cat([torch.zeros_like(reference), reference]),
                torch.cat([torch.zeros_like(token), token]),
                None if label is None else torch.cat([torch.zeros_like(label), label]),
            ).chunk(2)
            output = guided(unconditional, conditional, guidance_scale)
        return clean_estimate(self.prediction_type, output, noisy.float(), sigma.float())

    def _token(self, condition: Zero123Condition, cameras: Viewpoints) -> Float[Tensor, "B 1 D"]:
        is_unit = self.conditioning is not None and self.conditioning.is_token_unit
        embedding = F.normalize(condition.embedding, dim=1) if is_unit else condition.embedding
        change = camera_change(condition.view, cameras).to(embedding)
        parts = torch.cat([embedding.expand(len(change), -1), change], dim=1)
        return self.camera_projection(parts.to(self.camera_projection.weight.dtype))[:, None].float()

    def _label(self, condition: Zero123Condition, cameras: Viewpoints) -> Float[Tensor, "B L"] | None:
        if self.conditioning is None:
            return None
        turn = cameras.azimuth - condition.view.azimuth
        reference_elevation = condition.view.elevation.expand_as(cameras.elevation)
        pose = self.conditioning.pose.of(turn, 2 * cameras.elevation, 2 * reference_elevation)
        embedding = self.conditioning.label_embedding_scale * F.normalize(condition.embedding, dim=1)
        return torch.cat([pose.to(embedding), embedding.expand(len(pose), -1)], dim=1)

    def _output(
        self,
        noisy: Float[Tensor, "N C h w"],
        sigma: Float[Tensor, "N"],
        reference: Float[Tensor, "N C h w"],
        token: Float[Tensor, "N 1 D"],
        label: Float[Tensor, "N L"] | None,
    ) -> Float[Tensor, "N C h w"]:
        dtype = self.unet.dtype
        return self.unet(
            torch.cat([network_input(noisy.float(), sigma.float()), reference], dim=1).to(dtype),
            self.schedule.timestep(sigma),
            encoder_hidden_states=token.to(dtype),
            class_labels=None if label is None else label.to(dtype),
        ).sample.float()


def camera_change(reference: Viewpoints, target: Viewpoints) -> Float[Tensor, "B 4"]:
    """T = [elevation_ref - elevation_t, sin(az_t - az_ref), cos(az_t - az_ref), distance_t - distance_ref].

    The authors write polar angles, so theirs is theta_t - theta_ref: the first sign is turned (Zero-1-to-3,
    ldm/data/simple.py). Azimuth grows counter-clockwise seen from above, there as here.
    """
    turn = target.azimuth - reference.azimuth
    rise = reference.elevation - target.elevation
    return torch.stack([rise, turn.sin(), turn.cos(), target.distance - reference.distance], dim=1)
