"""Left and right, above and below, of the 3D-aware prior: a network that paints what its authors' camera would see.

The network is made by hand. It reads the camera change T from its token as Zero-1-to-3's training code wrote it
(ldm/data/simple.py: polar angle from +Z, azimuth atan2(y, x), distance), builds that camera in Blender's axes, projects
two marks of the object and answers with the noise that leaves just this picture. The losses' side shares nothing with
that: marks are found on the rays of our own cameras. Both pictures agree only if every sign of T is right.
"""

import math
from dataclasses import dataclass

import pytest
import torch
from any_to_3d.backend.generator.cameras import CameraBatch
from any_to_3d.backend.generator.losses.score_distillation import SDS
from any_to_3d.backend.generator.rendering.view import View
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.kernels.select import select_kernels
from any_to_3d.backend.models.protocols import Condition
from any_to_3d.backend.models.schedule import NoiseSchedule
from any_to_3d.backend.models.zero123 import Zero123Prior
from torch import Tensor, nn
from toy_world import camera_at

CPU = torch.device("cpu")
SIDE, FOV, DISTANCE = 48, 40.0, 2.5
REFERENCE_ELEVATION = 10.0
FRONT_MARK, TOP_MARK = (0.0, -0.4, 0.0), (0.0, 0.0, 0.4)
"""In our axes, where the front looks along -Y: seen from the front, the first is in the middle and the second above."""

WIDTH = 0.08
SCHEDULE = NoiseSchedule.scaled_linear()


def spots(squared_distances: list[Tensor]) -> Tensor:
    """Red where the first mark is near, green for the second, on black; [..., 3] from squared distances."""
    red, green = (torch.exp(-distance / WIDTH**2) for distance in squared_distances)
    return torch.stack([red, green, torch.zeros_like(red)], dim=-1)


def seen_by_our_cameras(cameras: CameraBatch) -> Tensor:
    """[B, 3, H, W]: each pixel's ray lights up as it passes a mark."""
    origins, directions = cameras.rays()
    passes = []
    for mark in (FRONT_MARK, TOP_MARK):
        to_mark = torch.tensor(mark) - origins
        along = (to_mark * directions).sum(dim=-1, keepdim=True)
        passes.append((to_mark - along * directions).square().sum(dim=-1))
    return spots(passes).permute(0, 3, 1, 2)


def seen_after_change(change: Tensor) -> Tensor:
    """[3, H, W] for one T, by the authors' geometry: the reference camera stands on +X and looks at the origin."""
    polar_change, sine, cosine, farther = (float(number) for number in change)
    polar = math.radians(90 - REFERENCE_ELEVATION) + polar_change
    azimuth, radius = math.atan2(sine, cosine), DISTANCE + farther
    position = radius * torch.tensor(
        [math.sin(polar) * math.cos(azimuth), math.sin(polar) * math.sin(azimuth), math.cos(polar)]
    )
    forward = -position / radius
    right = torch.linalg.cross(forward, torch.tensor([0.0, 0.0, 1.0]))
    right = right / right.norm()
    up = torch.linalg.cross(right, forward)
    pixel = (torch.arange(SIDE) + 0.5) / SIDE * 2 - 1
    rows, columns = torch.meshgrid(-pixel, pixel, indexing="ij")
    half = math.tan(math.radians(FOV / 2))
    rays = forward + half * (columns[..., None] * right + rows[..., None] * up)
    rays = rays / rays.norm(dim=-1, keepdim=True)
    passes = []
    for x, y, z in (FRONT_MARK, TOP_MARK):
        # The object is turned with its front towards the reference camera: our -Y is their +X, our +X their +Y.
        to_mark = torch.tensor([-y, x, z]) - position
        passes.append((to_mark - (rays @ to_mark)[..., None] * rays).square().sum(dim=-1))
    return spots(passes).permute(2, 0, 1)


@dataclass
class Answer:
    sample: Tensor


class PaintingNetwork(nn.Module):
    """Says the eps = (x_t - a clean) / s of the picture that T asks for; if mirrored, of that with the other sine."""

    device, dtype = CPU, torch.float32

    def __init__(self, is_mirrored: bool = False) -> None:
        super().__init__()
        self.is_mirrored = is_mirrored

    def forward(self, sample: Tensor, timestep: Tensor, encoder_hidden_states: Tensor, class_labels: None) -> Answer:
        changes = encoder_hidden_states[:, 0] * torch.tensor([1, -1 if self.is_mirrored else 1, 1, 1])
        clean = torch.stack([seen_after_change(change) for change in changes])
        acp = SCHEDULE.alphas_cumprod[timestep].float().view(-1, 1, 1, 1)
        return Answer((sample[:, :3] - acp.sqrt() * clean) / (1 - acp).sqrt())


class Pixels:
    """A codec whose latents are the image, and whose image is the latents."""

    image_size, latent_shape = SIDE, (3, SIDE, SIDE)

    def encode(self, image: Tensor, rng: torch.Generator | None = None) -> Tensor:
        return image

    def unscaled_mode(self, image: Tensor) -> Tensor:
        return image

    def decode(self, latents: Tensor) -> Tensor:
        return latents


class Blind:
    """An image tower that says nothing, so that the token holds T alone."""

    def raw_embedding(self, image: Tensor) -> Tensor:
        return torch.zeros(len(image), 2)


def prior(is_mirrored: bool = False) -> Zero123Prior:
    last_four = nn.Linear(6, 4, bias=False).requires_grad_(False)
    last_four.weight.copy_(torch.eye(6)[2:])
    return Zero123Prior(PaintingNetwork(is_mirrored), Pixels(), Blind(), last_four, SCHEDULE, "epsilon")


def camera(elevation: float, azimuth: float, distance: float = DISTANCE) -> CameraBatch:
    return camera_at(elevation, azimuth, SIDE, distance, FOV)


CONDITION = Condition(
    torch.ones(1, 2),
    reference_image=torch.zeros(1, 3, SIDE, SIDE),
    reference_view=camera(REFERENCE_ELEVATION, 0),
)
PLACES = [(10, 0, 2.5), (10, 40, 2.5), (10, -40, 2.5), (35, 0, 2.5), (-20, 60, 2.5), (30, -130, 3.0)]


@pytest.mark.parametrize(("elevation", "azimuth", "distance"), PLACES)
def test_the_network_paints_what_our_camera_sees(elevation: float, azimuth: float, distance: float) -> None:
    cameras = camera(elevation, azimuth, distance)
    stereo = prior()
    noisy, sigma = torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0)), torch.ones(1)
    painted = stereo.denoise(noisy, SCHEDULE.sigma(SCHEDULE.timestep(sigma)), stereo.prepare(CONDITION), cameras, 1.0)
    torch.testing.assert_close(painted, seen_by_our_cameras(cameras), atol=1e-3, rtol=0)


@pytest.mark.parametrize(("azimuth", "half"), [(40, "left"), (-40, "right")])
def test_the_front_lies_left_when_the_camera_has_gone_to_its_right(azimuth: float, half: str) -> None:
    red = seen_by_our_cameras(camera(10, azimuth))[0, 0]
    left, right = red[:, : SIDE // 2].sum(), red[:, SIDE // 2 :].sum()
    assert (left > 10 * right) if half == "left" else (right > 10 * left)


def test_a_higher_camera_sees_the_front_mark_lower() -> None:
    heights = [int(seen_by_our_cameras(camera(elevation, 0))[0, 0].sum(dim=1).argmax()) for elevation in (-20, 10, 40)]
    assert heights == sorted(heights)
    assert heights[0] < SIDE // 2 < heights[2]


def sds_gradient(stereo: Zero123Prior, cameras: CameraBatch) -> float:
    runtime = Runtime(CPU, select_kernels("auto", CPU)[0], stereo, stereo, None, None)
    view = View(cameras, rgb=seen_by_our_cameras(cameras).requires_grad_())
    bound = SDS("stereo", 1.0, weighting="x0", signal="rgb").bind(runtime, CONDITION, "rgb")
    return torch.autograd.grad(bound(view, 0.0), view.rgb)[0].abs().max().item()


@pytest.mark.parametrize("azimuth", [-120.0, -40.0, 40.0])
def test_3d_sds_leaves_a_right_picture_alone_and_pulls_at_one_of_the_wrong_hand(azimuth: float) -> None:
    cameras = camera(25, azimuth)
    assert sds_gradient(prior(), cameras) < 1e-3
    assert sds_gradient(prior(is_mirrored=True), cameras) > 0.3
