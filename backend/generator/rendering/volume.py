"""Volume rendering of the hash-grid field: only occupied samples reach the networks.

Symbols: o origin | d direction | z distance along a ray | sigma density | w weight (w_i = T_i * alpha_i)
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
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
    least_weight: samples of less weight get no colour and no normal; they are most of all samples and show nothing.
    """

    samples: int = 148
    normal_step: float = 0.01
    least_weight: float = 1e-4


@dataclass(frozen=True)
class _Samples:
    """S distances on R rays, and which of the R * S samples (flat indices) are inside the ball and occupied."""

    z: Float[Tensor, "R S"]
    kept: Int[Tensor, "P"]
    points: Float[Tensor, "P 3"]


@dataclass(frozen=True)
class _Seen:
    """The V packed samples that matter to the picture, their rays and weights, and their sum on every ray."""

    packed: Int[Tensor, "V"]
    points: Float[Tensor, "V 3"]
    ray: Int[Tensor, "V"]
    weight: Float[Tensor, "V"]
    alpha: Float[Tensor, "R 1"]


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
    sigma = _spread(field.density(samples.points, code), samples)
    _, weights, alpha, depth = kernels.composite(sigma, torch.full_like(sigma, step), samples.z[..., None], samples.z)
    seen = _seen(samples, weights, march.least_weight)
    rgb = _gathered(field.albedo(seen.points, code[seen.packed]), seen)
    normal = None
    if "normal" in channels:
        pointing = safe_normalise(_gathered(safe_normalise(field.normals(seen.points, march.normal_step)), seen))
        normal = to_image(normals_to_colours(pointing) * alpha, cameras)
    return View(
        cameras,
        rgb=to_image(rgb + (1 - seen.alpha), cameras),
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
    occupied = occupancy.at(points).nonzero()[:, 0]
    return _Samples(z, inside[occupied], points[occupied])


def _points_at(
    flat: Int[Tensor, "P"], z: Float[Tensor, "R S"], origins: Float[Tensor, "R 3"], directions: Float[Tensor, "R 3"]
) -> Float[Tensor, "P 3"]:
    ray = flat // z.shape[1]
    return origins[ray] + z.view(-1)[flat][:, None] * directions[ray]


def _spread(values: Float[Tensor, "P"], samples: _Samples) -> Float[Tensor, "R S"]:
    """Packed values at their places among all samples, zero elsewhere: zero density makes a sample invisible."""
    return values.new_zeros(samples.z.numel()).index_copy(0, samples.kept, values).view(samples.z.shape)


def _seen(samples: _Samples, weights: Float[Tensor, "R S"], least_weight: float) -> _Seen:
    packed = (weights.detach().view(-1)[samples.kept] > least_weight).nonzero()[:, 0]
    kept = samples.kept[packed]
    ray, weight = kept // weights.shape[1], weights.reshape(-1)[kept]
    alpha = weight.new_zeros(len(weights)).index_add(0, ray, weight)
    return _Seen(packed, samples.points[packed], ray, weight, alpha[:, None])


def _gathered(values: Float[Tensor, "V C"], seen: _Seen) -> Float[Tensor, "R C"]:
    """Sum of weighted values along each ray."""
    total = values.new_zeros(len(seen.alpha), values.shape[1])
    return total.index_add(0, seen.ray, seen.weight[:, None] * values)
