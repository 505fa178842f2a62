"""Regularisers of the mesh (L_nc, L_ls of the paper; weights from Consistent3D consistency-refine.yaml)."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from ...kernels.face_adjacency import edges
from ...kernels.laplacian import laplacian
from ...kernels.vertex_normals import vertex_normals
from ...models.protocols import Condition, Signal
from ..rendering.view import Channel, TriangleMesh, View
from ..runtime import Runtime
from .term import ViewName


def normal_consistency(mesh: TriangleMesh) -> Float[Tensor, ""]:
    """Mean over edges of 1 - cos between the normals of their two ends (threestudio models/mesh.py); 0 when flat.

    For unit normals 1 - n_a . n_b = |n_a - n_b|^2 / 2, and the sum of those squares over the edges is <n, Laplacian n>.
    """
    ends = edges(mesh.faces)
    normals = vertex_normals(mesh.vertices, mesh.faces)
    return (normals * laplacian(normals, ends)).sum() / (2 * len(ends))


def laplacian_roughness(mesh: TriangleMesh) -> Float[Tensor, ""]:
    """Mean over vertices of |(Deg - Adj) v|, the uniform, unnormalised Laplacian (threestudio models/mesh.py).

    The topology is rebuilt at every call; no gradient flows through it.
    """
    total = laplacian(mesh.vertices, edges(mesh.faces))
    # The square root has no finite slope at 0, where a flat patch is.
    return (total.square().sum(dim=1) + 1e-20).sqrt().mean()


@dataclass(frozen=True)
class NormalConsistency:
    name: str = "normal consistency"
    view: ViewName = "random"
    needs_reference: bool = False

    def channels(self, guide: Signal) -> frozenset[Channel]:
        return frozenset({"mesh"})

    def bind(self, runtime: Runtime, condition: Condition, guide: Signal) -> "BoundNormalConsistency":
        return BoundNormalConsistency()


class BoundNormalConsistency:
    def __call__(self, view: View, progress: float) -> Float[Tensor, ""]:
        return normal_consistency(_mesh(view))


@dataclass(frozen=True)
class LaplacianSmoothness:
    name: str = "laplacian"
    view: ViewName = "random"
    needs_reference: bool = False

    def channels(self, guide: Signal) -> frozenset[Channel]:
        return frozenset({"mesh"})

    def bind(self, runtime: Runtime, condition: Condition, guide: Signal) -> "BoundLaplacianSmoothness":
        return BoundLaplacianSmoothness()


class BoundLaplacianSmoothness:
    def __call__(self, view: View, progress: float) -> Float[Tensor, ""]:
        return laplacian_roughness(_mesh(view))


def _mesh(view: View) -> TriangleMesh:
    assert view.mesh is not None, "this view was rendered without a mesh"
    return view.mesh
