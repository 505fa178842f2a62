"""The published networks in numbers, for whoever needs one of their shape without their weights.

Stable unCLIP 2.1 (configs of stable-diffusion-2-1-unclip), Zero-1-to-3 XL (the two diffusers conversions agree) and
OpenCLIP ViT-H/14. Built at full width they measure speed and memory, narrowed they prove layouts and formulas.
"""

from dataclasses import dataclass, replace

from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import nn
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)


@dataclass(frozen=True)
class UNetShape:
    """A U-Net of the Stable Diffusion family; ``heads`` per level, from the finest. label_width: of the class label."""

    in_channels: int
    heads: tuple[int, int, int, int]
    cross_width: int
    label_width: int | None
    latent_size: int
    has_linear_projections: bool
    upcasts_attention: bool
    channels: tuple[int, int, int, int] = (320, 640, 1280, 1280)
    layers: int = 2
    groups: int = 32

    def narrowed(self, latent_size: int = 8) -> "UNetShape":
        """The same with a twentieth of the channels and a sixteenth of the conditions' numbers; every level stays."""
        return replace(
            self,
            heads=(1, 2, 4, 4),
            cross_width=self.cross_width // 16,
            label_width=None if self.label_width is None else self.label_width // 16,
            latent_size=latent_size,
            channels=(16, 32, 64, 64),
            groups=8,
        )

    def network(self) -> UNet2DConditionModel:
        return UNet2DConditionModel(
            sample_size=self.latent_size,
            in_channels=self.in_channels,
            out_channels=4,
            down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
            up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
            block_out_channels=self.channels,
            layers_per_block=self.layers,
            norm_num_groups=self.groups,
            # diffusers names it so, yet reads it as the number of heads.
            attention_head_dim=self.heads,
            cross_attention_dim=self.cross_width,
            class_embed_type=None if self.label_width is None else "projection",
            projection_class_embeddings_input_dim=self.label_width,
            use_linear_projection=self.has_linear_projections,
            upcast_attention=self.upcasts_attention,
        )


@dataclass(frozen=True)
class AutoencoderShape:
    """The autoencoder that all Stable Diffusion models before XL share."""

    channels: tuple[int, int, int, int] = (128, 256, 512, 512)
    layers: int = 2
    groups: int = 32
    scaling_factor: float = 0.18215

    def narrowed(self) -> "AutoencoderShape":
        """The same with a sixteenth of the channels: an image is still eight times its latents' size."""
        return replace(self, channels=(8, 16, 32, 32), groups=8)

    def network(self) -> AutoencoderKL:
        return AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=self.channels,
            layers_per_block=self.layers,
            norm_num_groups=self.groups,
            latent_channels=4,
            scaling_factor=self.scaling_factor,
        )


@dataclass(frozen=True)
class TowerShape:
    """One of CLIP's transformers; ``patch`` and ``image_size`` of an image tower, ``context`` of a text tower."""

    width: int
    layers: int
    heads: int
    embedding_width: int
    activation: str = "gelu"
    image_size: int = 224
    patch: int = 14
    context: int = 77

    def narrowed(self, image_size: int = 28) -> "TowerShape":
        """The same with a sixteenth of the numbers and two layers."""
        return replace(
            self,
            width=self.width // 16,
            layers=2,
            heads=2,
            embedding_width=self.embedding_width // 16,
            image_size=image_size,
        )

    def vision(self) -> CLIPVisionModelWithProjection:
        config = CLIPVisionConfig(
            hidden_size=self.width,
            intermediate_size=4 * self.width,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            hidden_act=self.activation,
            image_size=self.image_size,
            patch_size=self.patch,
            projection_dim=self.embedding_width,
        )
        return CLIPVisionModelWithProjection(config)

    def text(self, vocabulary: int = 49408) -> CLIPTextModel:
        """Hidden states for cross-attention."""
        return CLIPTextModel(self._text_config(vocabulary))

    def projected_text(self, vocabulary: int = 49408) -> CLIPTextModelWithProjection:
        """Embeddings in the joint space."""
        return CLIPTextModelWithProjection(self._text_config(vocabulary))

    def _text_config(self, vocabulary: int) -> CLIPTextConfig:
        return CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=self.width,
            intermediate_size=4 * self.width,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            hidden_act=self.activation,
            max_position_embeddings=self.context,
            projection_dim=self.embedding_width,
            bos_token_id=vocabulary - 2,
            eos_token_id=vocabulary - 1,
        )


UNCLIP_UNET = UNetShape(
    in_channels=4,
    heads=(5, 10, 20, 20),
    cross_width=1024,
    label_width=2048,
    latent_size=96,
    has_linear_projections=True,
    upcasts_attention=True,
)
ZERO123_UNET = UNetShape(
    in_channels=8,
    heads=(8, 8, 8, 8),
    cross_width=768,
    label_width=None,
    latent_size=32,
    has_linear_projections=False,
    upcasts_attention=False,
)
AUTOENCODER = AutoencoderShape()
VIT_H_VISION = TowerShape(width=1280, layers=32, heads=16, embedding_width=1024)
VIT_H_TEXT = TowerShape(width=1024, layers=24, heads=16, embedding_width=1024)
VIT_L_VISION = TowerShape(width=1024, layers=24, heads=16, embedding_width=768, activation="quick_gelu")
UNCLIP_TEXT = TowerShape(width=1024, layers=23, heads=16, embedding_width=1024)
"""ViT-H's text tower without its last layer, which Stable Diffusion 2 never reads."""

CAMERA_NUMBERS = 4
"""Zero-1-to-3's T, beside the reference's embedding in the token's projection."""


def camera_projection(embedding_width: int, cross_width: int) -> nn.Linear:
    """Zero-1-to-3's projection of [embedding ; T] to its one token."""
    return nn.Linear(embedding_width + CAMERA_NUMBERS, cross_width)
