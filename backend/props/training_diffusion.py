"""What both built-in priors share: the shape of their network, the noise they are trained under and their loss."""

from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import DDIMScheduler, UNet2DConditionModel
from jaxtyping import Float, Int
from torch import Tensor, nn

HARMONICS = 8
POSE_GAIN = 1.4
EMBEDDING_SCALE = 11.3
"""About the square root of the width 128: the elements of a scaled unit embedding are of unit size."""
DROP_SHARE = 0.1
CROSS_WIDTH = 32

_TIMESTEPS = 1000


def build_unet(
    widths: tuple[int, int, int], in_channels: int, out_channels: int, label_width: int
) -> UNet2DConditionModel:
    """One layer a block, cross-attention at 4 x 4 only; the class label modulates scale and shift in every block."""
    return UNet2DConditionModel(
        sample_size=16,
        in_channels=in_channels,
        out_channels=out_channels,
        block_out_channels=widths,
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


def draw_timesteps(count: int, rng: torch.Generator) -> Int[Tensor, "B"]:
    """Half of them from [600, 999]: pose is decided at high noise and learned last."""
    anywhere = torch.randint(0, _TIMESTEPS, (count,), generator=rng)
    high = torch.randint(600, _TIMESTEPS, (count,), generator=rng)
    return torch.where(torch.rand(count, generator=rng) < 0.5, high, anywhere)


class NoisyPair:
    """A batch of latents with noise at random levels, and the v that the network has to say of it."""

    def __init__(self, clean: Float[Tensor, "B C h w"], scheduler: DDIMScheduler, rng: torch.Generator) -> None:
        noise = torch.randn(clean.shape, generator=rng)
        self.timesteps = draw_timesteps(len(clean), rng)
        self.noisy = scheduler.add_noise(clean, noise, self.timesteps)
        self.velocity = scheduler.get_velocity(clean, noise, self.timesteps)


def velocity_loss(
    unet: nn.Module,
    pair: NoisyPair,
    beside: Float[Tensor, "B K h w"] | None,
    tokens: Float[Tensor, "B 1 D"],
    labels: Float[Tensor, "B L"],
) -> Float[Tensor, ""]:
    """Mean squared error of v; `beside` are channels shown next to the noisy latents."""
    sample = pair.noisy if beside is None else torch.cat([pair.noisy, beside], dim=1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        said = unet(sample, pair.timesteps, encoder_hidden_states=tokens, class_labels=labels).sample
    return F.mse_loss(said.float(), pair.velocity)


def kept_rows(count: int, rng: torch.Generator) -> Float[Tensor, "B"]:
    """1 for nine rows of ten and 0 for the rest, which learn the unconditional branch of guidance."""
    return (torch.rand(count, generator=rng) >= DROP_SHARE).float()


def save_networks(unet: UNet2DConditionModel, folder: Path) -> None:
    """unet/ and scheduler/ in diffusers' layout."""
    unet.save_pretrained(folder / "unet")
    build_scheduler().save_pretrained(folder / "scheduler")
