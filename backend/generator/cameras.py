"""Cameras: where they stand, how they are drawn at random, their rays and their projection.

Frame: shared convention, Z up, azimuth 0 on -Y, counter-clockwise from above; a camera looks down its own -Z, +Y is up.
The published sources put azimuth 0 on +X with the same sense of rotation, so their azimuth *ranges* carry over as they
are and their *world* is ours turned by -90 degrees about Z; nothing else in the generator depends on it.
"""

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

NEAR, FAR = 0.1, 100.0
"""Clip planes in world units (threestudio data/image.py)."""


@dataclass(frozen=True)
class CameraBatch:
    """B cameras on spheres about the origin. Angles in radians, lengths in world units, images height x width.

    ray_noise: standard deviation of the noise a volume renderer adds to ray origins and directions.
    """

    world_from_camera: Float[Tensor, "B 4 4"]
    fov_y: Float[Tensor, "B"]
    elevation: Float[Tensor, "B"]
    azimuth: Float[Tensor, "B"]
    distance: Float[Tensor, "B"]
    height: int
    width: int
    ray_noise: float = 0.0

    @staticmethod
    def orbit(
        elevation: Float[Tensor, "B"],
        azimuth: Float[Tensor, "B"],
        distance: Float[Tensor, "B"],
        fov_y: Float[Tensor, "B"],
        size: int,
    ) -> "CameraBatch":
        """Cameras at these spherical coordinates, looking at the origin with +Z up; images size x size."""
        horizontal = distance * elevation.cos()
        position = torch.stack(
            [horizontal * azimuth.sin(), -horizontal * azimuth.cos(), distance * elevation.sin()], dim=-1
        )
        backward = torch.nn.functional.normalize(position, dim=-1)
        right = torch.stack([azimuth.cos(), azimuth.sin(), torch.zeros_like(azimuth)], dim=-1)
        up = torch.linalg.cross(backward, right)
        pose = torch.eye(4, device=azimuth.device, dtype=azimuth.dtype).repeat(len(azimuth), 1, 1)
        pose[:, :3] = torch.stack([right, up, backward, position], dim=-1)
        return CameraBatch(pose, fov_y, elevation, azimuth, distance, size, size)

    def __len__(self) -> int:
        return len(self.azimuth)

    def __getitem__(self, some: slice) -> "CameraBatch":
        """Some of the cameras."""
        return replace(
            self,
            world_from_camera=self.world_from_camera[some],
            fov_y=self.fov_y[some],
            elevation=self.elevation[some],
            azimuth=self.azimuth[some],
            distance=self.distance[some],
        )

    def moved_to(self, distance: float, fov_y_degrees: float) -> "CameraBatch":
        """The same directions seen from another distance with another field of view."""
        return CameraBatch.orbit(
            self.elevation,
            self.azimuth,
            torch.full_like(self.distance, distance),
            torch.full_like(self.fov_y, math.radians(fov_y_degrees)),
            self.height,
        )

    def rays(self) -> tuple[Float[Tensor, "B H W 3"], Float[Tensor, "B H W 3"]]:
        """World origin and unit direction through every pixel centre (i + 0.5); row 0 is the top."""
        device, dtype = self.fov_y.device, self.fov_y.dtype
        rows = (torch.arange(self.height, device=device, dtype=dtype) + 0.5) / self.height
        columns = (torch.arange(self.width, device=device, dtype=dtype) + 0.5) / self.width
        y, x = torch.meshgrid(1 - 2 * rows, 2 * columns - 1, indexing="ij")
        tangent = (self.fov_y / 2).tan()[:, None, None]
        aspect = self.width / self.height
        in_camera = torch.stack([x * tangent * aspect, y * tangent, -torch.ones_like(x * tangent)], dim=-1)
        rotation = self.world_from_camera[:, None, None, :3, :3]
        directions = torch.nn.functional.normalize((rotation @ in_camera[..., None])[..., 0], dim=-1)
        origins = self.world_from_camera[:, None, None, :3, 3].expand_as(directions)
        return origins, directions

    def clip(self, vertices: Float[Tensor, "V 3"]) -> Float[Tensor, "B V 4"]:
        """Vertices in OpenGL clip space (NDC y up). Differentiable in vertices."""
        homogeneous = torch.nn.functional.pad(vertices, (0, 1), value=1.0)
        return homogeneous[None] @ (self._projection() @ _rigid_inverse(self.world_from_camera)).mT

    def _projection(self) -> Float[Tensor, "B 4 4"]:
        focal = 1 / (self.fov_y / 2).tan()
        matrix = torch.zeros(len(self), 4, 4, device=focal.device, dtype=focal.dtype)
        matrix[:, 0, 0] = focal * self.height / self.width
        matrix[:, 1, 1] = focal
        matrix[:, 2, 2] = (FAR + NEAR) / (NEAR - FAR)
        matrix[:, 2, 3] = 2 * FAR * NEAR / (NEAR - FAR)
        matrix[:, 3, 2] = -1
        return matrix


@dataclass(frozen=True)
class CameraRange:
    """Where random cameras stand. Angles in degrees, (low, high); ``distance_scale`` multiplies every distance."""

    elevation: tuple[float, float]
    azimuth: tuple[float, float]
    distance: tuple[float, float]
    fov_y: tuple[float, float]
    distance_scale: float = 1.0

    def sample(self, count: int, size: int, generator: torch.Generator) -> CameraBatch:
        """``count`` random cameras on the generator's device, images size x size.

        Azimuths are stratified over the batch. A batch's elevations are uniform in angle half of the time, otherwise
        uniform on the sphere (in sine). Source: threestudio data/uncond.py.
        """

        def uniform(low: float, high: float) -> Float[Tensor, "B"]:
            return low + (high - low) * torch.rand(count, generator=generator, device=generator.device)

        by_angle = torch.rand((), generator=generator, device=generator.device) < 0.5
        low, high = (math.radians(angle) for angle in self.elevation)
        elevation = torch.where(by_angle, uniform(low, high), uniform(math.sin(low), math.sin(high)).asin())
        strata = (uniform(0, 1) + torch.arange(count, device=generator.device)) / count
        azimuth = torch.deg2rad(self.azimuth[0] + (self.azimuth[1] - self.azimuth[0]) * strata)
        distance = self.distance_scale * uniform(*self.distance)
        return CameraBatch.orbit(elevation, azimuth, distance, torch.deg2rad(uniform(*self.fov_y)), size)


def single_camera(
    size: int,
    device: torch.device,
    elevation: float = 0.0,
    azimuth: float = 0.0,
    distance: float = 2.5,
    fov_y: float = 40.0,
) -> CameraBatch:
    """One camera, angles in degrees; the defaults are the reference camera (threestudio magic123 configs)."""

    def one(value: float) -> Float[Tensor, "1"]:
        # Filled there: a list would be copied, and the host would wait for it in every step.
        return torch.full((1,), value, device=device)

    radians = [one(math.radians(angle)) for angle in (elevation, azimuth, fov_y)]
    return CameraBatch.orbit(radians[0], radians[1], one(distance), radians[2], size)


def _rigid_inverse(pose: Float[Tensor, "B 4 4"]) -> Float[Tensor, "B 4 4"]:
    inverse = torch.zeros_like(pose)
    inverse[:, :3, :3] = pose[:, :3, :3].mT
    inverse[:, :3, 3:] = -pose[:, :3, :3].mT @ pose[:, :3, 3:]
    inverse[:, 3, 3] = 1
    return inverse
