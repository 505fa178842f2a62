"""Stable unCLIP 2.1 (and the built-in priors of its kind) as one denoiser conditioned on a joint embedding.

The network reads a class label made of the embedding (class_label.py), words by cross-attention (cross_text.py) and, in
the built-in priors, the camera in numbers (conditioning.py). Unconditional = zero label and the negative prompt; a
network that reads no words takes the negative prompt as a label of the same camera instead of the zero one.
"""

from dataclasses import dataclass

import torch
from diffusers import UNet2DConditionModel
from jaxtyping import Float
from torch import Generator, Tensor

from .class_label import EmbeddingNoise, unclip_label
from .conditioning import UnclipConditioning
from .cross_text import CrossText, CrossTokens, SilentToken, TextTokens
from .guidance import guided
from .latent_codec import LatentCodec
from .parameterisation import PredictionType, clean_estimate, network_input
from .protocols import Condition, Signal, Viewpoints
from .schedule import NoiseSchedule
from .view_words import view_index


@dataclass(frozen=True)
class UnclipCondition:
    """What stays constant during a phase: the labels' share that no camera changes, and the words.

    negative_label: of what to avoid, for a network that does not read it; None leaves the zero label in its place.
    """

    embedding_label: Float[Tensor, "1 L"]
    signal_label: Float[Tensor, "1 S"] | None
    cross: CrossTokens
    negative_label: Float[Tensor, "1 L"] | None = None


@dataclass(frozen=True)
class StableUnclipPrior:
    """A DiffusionPrior made of diffusers' networks; latents and estimates are float32 whatever the networks' dtype.

    embedding_scale: the L2 norm that a unit embedding is given, as the network was trained on unnormalised ones.
    """

    unet: UNet2DConditionModel
    codec: LatentCodec
    cross_text: CrossText
    schedule: NoiseSchedule
    prediction_type: PredictionType
    embedding_scale: float
    embedding_noise: EmbeddingNoise | None
    conditioning: UnclipConditioning | None = None

    @property
    def image_size(self) -> int:
        return self.codec.image_size

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        return self.codec.latent_shape

    def move(self, device: torch.device) -> None:
        self.unet.to(device)
        self.codec.move(device)
        if isinstance(self.cross_text, TextTokens):
            self.cross_text.encoder.to(device)

    def prepare(self, condition: Condition, signal: Signal = "rgb") -> UnclipCondition:
        """Raises ValueError for an embedding of another width, or a signal this prior was not trained on."""
        embedding = condition.embedding.to(self.unet.device)
        self._require_width(embedding.shape[1])
        label = unclip_label(embedding, self.embedding_scale, self.embedding_noise)
        signal_label = self.conditioning.one_hot(signal).to(label) if self.conditioning else None
        tokens = self.cross_text.tokens(condition.text, condition.negative)
        return UnclipCondition(label, signal_label, tokens, self._negative_label(condition))

    def encode(self, image: Float[Tensor, "B 3 H W"], rng: Generator | None = None) -> Float[Tensor, "B C h w"]:
        return self.codec.encode(image, rng)

    def decode(self, latents: Float[Tensor, "B C h w"]) -> Float[Tensor, "B 3 H W"]:
        return self.codec.decode(latents)

    @torch.no_grad()
    def denoise(
        self,
        noisy: Float[Tensor, "B C h w"],
        sigma: Float[Tensor, "B"],
        condition: UnclipCondition,
        cameras: Viewpoints,
        guidance_scale: float,
    ) -> Float[Tensor, "B C h w"]:
        label = self._label(condition.embedding_label, condition, cameras)
        tokens = _tokens_seen(condition.cross, cameras)
        if guidance_scale == 1:
            output = self._output(noisy, sigma, label, tokens)
        else:
            unconditional, conditional = self._output(
                noisy.repeat(2, 1, 1, 1),
                sigma.repeat(2),
                torch.cat([self._unconditional_label(condition, cameras, label), label]),
                torch.cat([condition.cross.negative.expand_as(tokens), tokens]),
            ).chunk(2)
            output = guided(unconditional, conditional, guidance_scale)
        return clean_estimate(self.prediction_type, output, noisy.float(), sigma.float())

    def _require_width(self, width: int) -> None:
        label_width = self.unet.config.projection_class_embeddings_input_dim
        trained = self.conditioning.embedding_width(label_width) if self.conditioning else label_width // 2
        if width != trained:
            raise ValueError(
                f"the prior takes embeddings of {trained} numbers, got {width}: "
                "use the joint encoder that it was trained with"
            )

    def _negative_label(self, condition: Condition) -> Float[Tensor, "1 L"] | None:
        if condition.negative_embedding is None or not isinstance(self.cross_text, SilentToken):
            return None
        embedding = condition.negative_embedding.to(self.unet.device)
        self._require_width(embedding.shape[1])
        return unclip_label(embedding, self.embedding_scale, self.embedding_noise)

    def _unconditional_label(
        self, condition: UnclipCondition, cameras: Viewpoints, label: Float[Tensor, "B N"]
    ) -> Float[Tensor, "B N"]:
        if condition.negative_label is None:
            return torch.zeros_like(label)
        # With the camera's numbers in both, guidance leaves the negative prompt behind and keeps the pose.
        return self._label(condition.negative_label, condition, cameras)

    def _label(
        self, embedding_label: Float[Tensor, "1 L"], condition: UnclipCondition, cameras: Viewpoints
    ) -> Float[Tensor, "B N"]:
        count = len(cameras.azimuth)
        label = embedding_label.expand(count, -1)
        if self.conditioning is None or condition.signal_label is None:
            return label
        pose = self.conditioning.pose.of(cameras.azimuth, 2 * cameras.elevation).to(label)
        return torch.cat([label, pose, condition.signal_label.expand(count, -1)], dim=1)

    def _output(
        self,
        noisy: Float[Tensor, "N C h w"],
        sigma: Float[Tensor, "N"],
        label: Float[Tensor, "N L"],
        tokens: Float[Tensor, "N T D"],
    ) -> Float[Tensor, "N C h w"]:
        dtype = self.unet.dtype
        return self.unet(
            network_input(noisy.float(), sigma.float()).to(dtype),
            self.schedule.timestep(sigma),
            encoder_hidden_states=tokens.to(dtype),
            class_labels=label.to(dtype),
        ).sample.float()


def _tokens_seen(cross: CrossTokens, cameras: Viewpoints) -> Float[Tensor, "B T D"]:
    if len(cross.views) == 1:
        return cross.views.expand(len(cameras.azimuth), -1, -1)
    return cross.views[view_index(cameras)]
