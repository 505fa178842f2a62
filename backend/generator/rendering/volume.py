"""Volume rendering of the hash-grid field: only occupied samples reach the networks.

Symbols: o origin | d direction | z distance along a ray | sigma density | w weight (w_i = T_i * alpha_i)
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ...kernels.interface import Kernels
from ..cameras import CameraBatch
from ..representations.field import HashField
from ..representations.occupancy import OccupancyGrid
from .view import Channel, RaySamples, View, normals_to_colours, safe_normalise, to_image


@dataclass(frozen=True)
class RayMarch:
    """samples: equal steps over the diameter of the object's ball.  normal_step: of density differences, world units.

    The default keeps threestudio's step of 0.0135 (256 samples over the box's diagonal).
    normal_weight: samples of less weight have no part in the normal map; they would cost most of it and show nothing.
    """

    samples: int = 148
    normal_step: float = 0.01
    normal_weight: float = 0.01


@dataclass(frozen=True)
class _Samples:
    """S distances on R rays, and which of the R * S samples (flat indices) are inside the ball and occupied."""

    z: Float[Tensor, "R S"]
    kept: Int[Tensor, "P"]
    points: Float[Tensor, "P 3"]


def render_volume(
    field: HashField,
    occupancy: OccupancyGrid,
    cameras: CameraBatch,
    channels: frozenset[Channel],
    march: RayMarch,
    kernels: Kernels,
    generator: torch.Generator,
) -> View:
    """A view with colours on white, alpha, depth and ray samples; normals where ``channels`` has them.

    Differentiable in the field. ``generator`` draws the stratified offset of each ray (and the cameras' ray noise).
    """
    origins, directions = _rays(cameras, generator)
    step = 2 * field.config.radius / march.samples
    samples = _place_samples(origins, directions, occupancy, step, march.samples, generator)
    code = field.code(samples.points)
    sigma = _spread(field.density(samples.points, code)[:, None], samples).squeeze(-1)
    colour = _spread(field.albedo(samples.points, code), samples)
    rgb, weights, alpha, depth = kernels.composite(sigma, torch.full_like(sigma, step), colour, samples.z)
    normal = None
    if "normal" in channels:
        normal = to_image(_normal_map(field, samples, weights, march), cameras)
    return View(
        cameras,
        rgb=to_image(rgb + (1 - alpha), cameras),
        alpha=to_image(alpha, cameras),
        normal=normal,
        depth=to_image(depth, cameras),
        rays=RaySamples(weights, samples.z),
    )


def _rays(cameras: CameraBatch, generator: torch.Generator) -> tuple[Float[Tensor, "R 3"], Float[Tensor, "R 3"]]:
    origins, directions = (rays.reshape(-1, 3) for rays in cameras.rays())
    if cameras.ray_noise:
        noise = torch.randn((2, *origins.shape), generator=generator, device=generator.device) * cameras.ray_noise
        origins, directions = origins + noise[0], torch.nn.functional.normalize(directions + noise[1], dim=-1)
    return origins, directions


def _place_samples(
    origins: Float[Tensor, "R 3"],
    directions: Float[Tensor, "R 3"],
    occupancy: OccupancyGrid,
    step: float,
    count: int,
    generator: torch.Generator,
) -> _Samples:
    """Equal steps through the ball of the object's radius, each ray shifted by its own fraction of a step."""
    middle = -(origins * directions).sum(dim=1, keepdim=True)
    half_squared = middle.square() - origins.square().sum(dim=1, keepdim=True) + occupancy.radius**2
    half = half_squared.clamp_min(0).sqrt()
    offset = torch.rand(len(origins), 1, generator=generator, device=generator.device)
    z = middle - half + step * (torch.arange(count, device=origins.device) + offset)
    inside = (z < middle + half).view(-1).nonzero()[:, 0]
    points = _points_at(inside, z, origins, directions)
    occupied = occupancy.at(points)
    return _Samples(z, inside[occupied], points[occupied])


def _points_at(
    flat: Int[Tensor, "P"], z: Float[Tensor, "R S"], origins: Float[Tensor, "R 3"], directions: Float[Tensor, "R 3"]
) -> Float[Tensor, "P 3"]:
    ray = flat // z.shape[1]
    return origins[ray] + z.view(-1)[flat][:, None] * directions[ray]


def _spread(values: Float[Tensor, "P C"], samples: _Samples) -> Float[Tensor, "R S C"]:
    """Packed values at their places among all samples, zero elsewhere: zero density makes a sample invisible."""
    dense = values.new_zeros(samples.z.numel(), values.shape[1])
    return dense.index_copy(0, samples.kept, values).view(*samples.z.shape, -1)


def _normal_map(
    field: HashField, samples: _Samples, weights: Float[Tensor, "R S"], march: RayMarch
) -> Float[Tensor, "R 3"]:
    """Sum of weighted normals, made unit, mapped to [0, 1] and multiplied by alpha (threestudio comp_normal)."""
    visible: Bool[Tensor, "P"] = weights.detach().reshape(-1)[samples.kept] > march.normal_weight
    kept = samples.kept[visible]
    normals = safe_normalise(field.normals(samples.points[visible], march.normal_step))
    weighted = weights.reshape(-1)[kept][:, None] * normals
    total = normals.new_zeros(len(weights), 3).index_add(0, kept // weights.shape[1], weighted)
    return normals_to_colours(safe_normalise(total)) * weights.sum(dim=1, keepdim=True)
