"""The Kuhn lattice: a cube grid over [-1, 1]^3 with every cube cut into six tetrahedra around its diagonal.

A tetrahedron walks from corner (0, 0, 0) to (1, 1, 1) along the axes in one of the six orders (Kuhn 1960), so all edges
leave a vertex in one of seven directions and neither tetrahedra nor edges need to be stored.
"""

from dataclasses import dataclass
from itertools import permutations

import torch
from jaxtyping import Float, Int
from torch import Tensor


def cube_tets() -> tuple[tuple[int, int, int, int], ...]:
    """The six tetrahedra of a cube as corner numbers 4x + 2y + z, each positively oriented."""
    tets = []
    for order in permutations((4, 2, 1)):
        path = (0, order[0], order[0] + order[1], 7)
        # x, y, z and its rotations turn right-handed; the other three orders are mirrored.
        is_even = order in ((4, 2, 1), (2, 1, 4), (1, 4, 2))
        tets.append(path if is_even else (path[1], path[0], path[2], path[3]))
    return tuple(tets)


@dataclass(frozen=True)
class KuhnLattice:
    """`resolution` cubes per axis, (resolution + 1)^3 vertices; vertex (x, y, z) is number (x (N+1) + y) (N+1) + z."""

    resolution: int

    def __post_init__(self) -> None:
        if not 1 <= self.resolution <= 512:
            raise ValueError(f"a Kuhn lattice has 1..512 cubes per axis, got {self.resolution}")

    @property
    def vertex_count(self) -> int:
        """(resolution + 1)^3."""
        return (self.resolution + 1) ** 3

    def vertices(self, device: torch.device, dtype: torch.dtype = torch.float32) -> Float[Tensor, "N 3"]:
        """Vertex positions over [-1, 1]^3, in vertex order."""
        axis = torch.linspace(-1, 1, self.resolution + 1, device=device, dtype=dtype)
        return torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), dim=-1).reshape(-1, 3)

    def tets(self, device: torch.device) -> Int[Tensor, "T 4"]:
        """All 6 N^3 tetrahedra as vertex numbers, positively oriented, cube by cube."""
        side = self.resolution + 1
        corner = torch.arange(8, device=device)
        offset = ((corner >> 2) * side + (corner >> 1 & 1)) * side + (corner & 1)
        cubes = torch.arange(self.vertex_count, device=device).reshape(side, side, side)[:-1, :-1, :-1].reshape(-1, 1)
        return (cubes + offset)[:, torch.tensor(cube_tets(), device=device)].reshape(-1, 4)
