"""What both built-in priors share: the shape of their network, the noise they are trained under and their loss."""

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import DDIMScheduler, UNet2DConditionModel
from jaxtyping import Float, Int
from torch import Tensor, nn

from .running.chance import Chance
from .running.hardware import Hardware

HARMONICS = 8
POSE_GAIN = 1.4
EMBEDDING_SCALE = 11.3
"""About the square root of the width 128: the elements of a scaled unit embedding are of unit size."""
DROP_SHARE = 0.1
CROSS_WIDTH = 32

_TIMESTEPS = 1000


@dataclass(frozen=True)
class UnetShape:
    """widths: channels at full, half and quarter resolution, each a multiple of 16.   latent_size: of a side."""

    widths: tuple[int, int, int]
    latent_channels: int
    latent_size: int

    def save(self, run: Path) -> None:
        """`run`/shape.json, for the export and for the 3D-aware prior that starts from this network."""
        run.mkdir(parents=True, exist_ok=True)
        (run / "shape.json").write_text(json.dumps(asdict(self)) + "\n")

    @staticmethod
    def read(run: Path) -> "UnetShape":
        fields = json.loads((run / "shape.json").read_text())
        full, half, quarter = fields["widths"]
        return UnetShape((full, half, quarter), fields["latent_channels"], fields["latent_size"])


def build_unet(shape: UnetShape, with_reference: bool, label_width: int) -> UNet2DConditionModel:
    """One layer a block, cross-attention at a quarter of the resolution only; the class label modulates every block."""
    return UNet2DConditionModel(
        sample_size=shape.latent_size,
        in_channels=shape.latent_channels * (2 if with_reference else 1),
        out_channels=shape.latent_channels,
        block_out_channels=shape.widths,
        layers_per_block=1,
        down_block_types=("DownBlock2D",) * 3,
        mid_block_type="UNetMidBlock2DCrossAttn",
        up_block_types=("UpBlock2D",) * 3,
        cross_attention_dim=CROSS_WIDTH,
        attention_head_dim=4,
        norm_num_groups=16,
        resnet_time_scale_shift="scale_shift",
        class_embed_type="projection",
        projection_class_embeddings_input_dim=label_width,
    )


@cache
def build_scheduler() -> DDIMScheduler:
    """The schedule of Stable Diffusion, predicting v."""
    return DDIMScheduler(
        num_train_timesteps=_TIMESTEPS,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        timestep_spacing="trailing",
    )


def draw_timesteps(count: int, chance: Chance) -> Int[Tensor, "B"]:
    """Half of them from [600, 999]: pose is decided at high noise and learned last."""
    anywhere, high = chance.integers(_TIMESTEPS, count), chance.integers(_TIMESTEPS, count, low=600)
    return torch.where(chance.happens(0.5, count), high, anywhere)


class NoisyPair:
    """A batch of latents with noise at random levels, and the v that the network has to say of it."""

    def __init__(self, clean: Float[Tensor, "B C h w"], chance: Chance) -> None:
        scheduler = build_scheduler()
        noise = chance.normal(*clean.shape)
        self.timesteps = draw_timesteps(len(clean), chance)
        self.noisy = scheduler.add_noise(clean, noise, self.timesteps)
        self.velocity = scheduler.get_velocity(clean, noise, self.timesteps)


def velocity_loss(
    unet: nn.Module,
    pair: NoisyPair,
    beside: Float[Tensor, "B K h w"] | None,
    tokens: Float[Tensor, "B 1 D"],
    labels: Float[Tensor, "B L"],
    hardware: Hardware,
) -> Float[Tensor, ""]:
    """Mean squared error of v; `beside` are channels shown next to the noisy latents."""
    sample = pair.noisy if beside is None else torch.cat([pair.noisy, beside], dim=1)
    with hardware.half_precision():
        said = unet(sample, pair.timesteps, encoder_hidden_states=tokens, class_labels=labels).sample
    return F.mse_loss(said.float(), pair.velocity)


def kept_rows(count: int, chance: Chance) -> Float[Tensor, "B"]:
    """1 for nine rows of ten and 0 for the rest, which learn the unconditional branch of guidance."""
    return (chance.uniform(count) >= DROP_SHARE).float()


def save_networks(unet: UNet2DConditionModel, folder: Path) -> None:
    """unet/ and scheduler/ in diffusers' layout."""
    unet.save_pretrained(folder / "unet")
    build_scheduler().save_pretrained(folder / "scheduler")
