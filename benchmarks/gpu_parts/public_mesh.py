"""Mesh regularisers as public code computes them: edges by torch.unique, the Laplacian as a sparse matrix.

The formulation, not the code, of threestudio's models/mesh.py; the mesh is new in every step, and so are its edges.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from any_to_3d.backend.generator.rendering.view import TriangleMesh
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cosine_similarity, normalize


@dataclass(frozen=True)
class PublicMesh:
    mesh: TriangleMesh

    @cached_property
    def edges(self) -> Int[Tensor, "E 2"]:
        faces = self.mesh.faces.long()
        sides = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
        return torch.unique(sides.sort(dim=1).values, dim=0)

    def normal_consistency(self) -> Float[Tensor, ""]:
        """Mean of 1 - cos between the vertex normals at the ends of every edge."""
        ends = self._normals()[self.edges]
        return (1 - cosine_similarity(ends[:, 0], ends[:, 1], dim=-1)).mean()

    def laplacian(self) -> Float[Tensor, ""]:
        """Mean length of the uniform Laplacian's rows times the vertices."""
        vertices, edges = self.mesh.vertices, self.edges
        with torch.no_grad():
            count = len(vertices)
            both = torch.cat([edges, edges.flip(1)]).T
            ones = torch.ones(both.shape[1], device=vertices.device)
            degree = torch.zeros(count, device=vertices.device).scatter_add(0, both[0], ones)
            diagonal = torch.arange(count, device=vertices.device).repeat(2, 1)
            matrix = torch.sparse_coo_tensor(
                torch.cat([both, diagonal], dim=1), torch.cat([-ones, degree]), (count, count), check_invariants=False
            ).coalesce()
        return (matrix @ vertices).norm(dim=1).mean()

    def _normals(self) -> Float[Tensor, "V 3"]:
        vertices, faces = self.mesh.vertices, self.mesh.faces.long()
        a, b, c = (vertices[faces[:, corner]] for corner in range(3))
        cross = torch.linalg.cross(b - a, c - a)
        total = torch.zeros_like(vertices)
        for corner in range(3):
            total = total.scatter_add(0, faces[:, corner, None].expand(-1, 3), cross)
        return normalize(total, dim=1)
