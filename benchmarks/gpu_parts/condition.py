"""What the measured steps are conditioned on: a ball, seen from the front, as if stage 0 had found it."""

import torch
from any_to_3d.backend.generator.condition import StageZero, reference_camera
from any_to_3d.backend.generator.recipe import ReferenceSampling
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.models.protocols import Condition
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

TEXT = "a red ball"


def ball_mask(size: int, device: torch.device) -> Float[Tensor, "1 1 S S"]:
    """1 within 0.3 of the image's side from its middle."""
    axis = (torch.arange(size, device=device) + 0.5) / size - 0.5
    return (axis[:, None].hypot(axis[None]) < 0.3).float()[None, None]


def ball_picture(size: int, device: torch.device) -> Float[Tensor, "1 3 S S"]:
    """A red disc on white, darker towards the bottom."""
    mask = ball_mask(size, device)
    shade = torch.linspace(1, 0.6, size, device=device)[:, None]
    colour = torch.tensor([0.8, 0.2, 0.1], device=device)[:, None, None] * shade
    return mask * colour + (1 - mask)


def stage_zero(runtime: Runtime, sampling: ReferenceSampling) -> StageZero:
    """An accepted reference view and a unit embedding, without the sampling that finds them in a run."""
    size, device = runtime.planar.image_size, runtime.device
    width = runtime.image_encoder.embed_image(torch.zeros(1, 3, size, size, device=device)).shape[1]
    condition = Condition(
        embedding=normalize(torch.ones(1, width, device=device), dim=1),
        text=TEXT,
        reference_image=ball_picture(size, device),
        reference_mask=ball_mask(size, device),
        reference_view=reference_camera(sampling, size, device),
    )
    return StageZero(condition, is_reference_accepted=True)
