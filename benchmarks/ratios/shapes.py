"""The surface on which the cases run: a ball with bumps, as marching tetrahedra give it."""

import torch
from any_to_3d.backend.kernels.kuhn_lattice import KuhnLattice
from any_to_3d.backend.kernels.select import select_kernels
from torch import Tensor

DEVICE = torch.device("cpu")
KERNELS, _ = select_kernels("cpu", DEVICE)
TORCH_KERNELS, _ = select_kernels("torch", DEVICE)


def ball_distance(points: Tensor) -> Tensor:
    """Signed distance, roughly, to a ball of radius 0.7 with bumps; nowhere exactly 0 on a lattice."""
    x, y, z = points.unbind(dim=1)
    return points.norm(dim=1) - 0.7003 - 0.05 * torch.sin(5 * x + 1) * torch.sin(4 * y) * torch.cos(6 * z)


def ball(resolution: int) -> tuple[Tensor, Tensor]:
    """Vertices f32[V, 3] and faces int64[F, 3] on a Kuhn lattice; faces grow with the square of the resolution."""
    lattice = KuhnLattice(resolution)
    positions = lattice.vertices(DEVICE)
    return KERNELS.marching_tetrahedra(positions, lattice, ball_distance(positions))


def seen(vertices: Tensor) -> Tensor:
    """Clip space [V, 4] of a camera 2.5 units away on -Z that looks along +Z; the ball covers most of the image."""
    x, y, z = vertices.unbind(dim=-1)
    return torch.stack([FOCAL * x, FOCAL * y, (z + DISTANCE) - NEAR, z + DISTANCE], dim=-1)


DISTANCE, FOCAL, NEAR = 2.5, 3.0, 0.5
