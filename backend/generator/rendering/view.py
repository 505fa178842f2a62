"""What a renderer hands to the losses."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, overload

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ...models.protocols import Signal
from ..cameras import CameraBatch

Channel = Literal["rgb", "alpha", "normal", "depth", "rays", "mesh", "before", "outline"]
"""One thing a loss may ask a renderer for."""


@dataclass(frozen=True)
class RaySamples:
    """Rendering weights (>= 0, row sums in [0, 1]) and distances (increasing) of S samples on each of R rays."""

    weights: Float[Tensor, "R S"]
    z: Float[Tensor, "R S"]


@dataclass(frozen=True)
class TriangleMesh:
    """World-space vertices and outward-wound faces."""

    vertices: Float[Tensor, "V 3"]
    faces: Int[Tensor, "F 3"]


@dataclass(frozen=True)
class View:
    """Images of a batch of cameras, None where nobody asked.

    rgb: on white, in [0, 1].  alpha: coverage in [0, 1].  normal: world-space, mapped to [0, 1], on black.
    depth: distance from the camera where covered.  before: rgb with the colours that a run began with; no gradient.
    outline: alpha of the shape that the phase began with; no gradient.
    """

    cameras: CameraBatch
    rgb: Float[Tensor, "B 3 H W"] | None = None
    alpha: Float[Tensor, "B 1 H W"] | None = None
    normal: Float[Tensor, "B 3 H W"] | None = None
    depth: Float[Tensor, "B 1 H W"] | None = None
    rays: RaySamples | None = None
    mesh: TriangleMesh | None = None
    before: Float[Tensor, "B 3 H W"] | None = None
    outline: Float[Tensor, "B 1 H W"] | None = None

    def image(self, signal: Signal) -> Float[Tensor, "B 3 H W"]:
        """The colours or the normals; they must have been asked for."""
        image = {"rgb": self.rgb, "normal": self.normal}[signal]
        assert image is not None, f"this view was rendered without {signal}"
        return image

    def cut(self) -> "View":
        """The same view as fresh leaves of the autograd graph: losses stop here, and their graphs can be freed."""
        return View(
            self.cameras,
            rgb=_leaf(self.rgb),
            alpha=_leaf(self.alpha),
            normal=_leaf(self.normal),
            depth=_leaf(self.depth),
            rays=self.rays and replace(self.rays, weights=_leaf(self.rays.weights)),
            mesh=self.mesh and replace(self.mesh, vertices=_leaf(self.mesh.vertices)),
            before=self.before,
            outline=self.outline,
        )

    def images_of(self, some: slice) -> "View":
        """The pictures of some of the cameras, with gradients that reach this view's; no rays and no mesh."""
        images = (self.rgb, self.alpha, self.normal, self.depth, self.before)
        rgb, alpha, normal, depth, before = (None if image is None else image[some] for image in images)
        return View(self.cameras[some], rgb, alpha, normal, depth, before=before)

    def tensors(self) -> Iterator[Tensor]:
        """Every tensor a loss may differentiate, in a fixed order."""
        weights = self.rays.weights if self.rays else None
        vertices = self.mesh.vertices if self.mesh else None
        for tensor in (self.rgb, self.alpha, self.normal, self.depth, weights, vertices):
            if tensor is not None:
                yield tensor


def to_image(flat: Float[Tensor, "R C"], cameras: CameraBatch) -> Float[Tensor, "B C H W"]:
    """Rows of rays, camera by camera and row by row, as images."""
    return flat.view(len(cameras), cameras.height, cameras.width, -1).permute(0, 3, 1, 2)


def normals_to_colours(normals: Float[Tensor, "*shape 3"]) -> Float[Tensor, "*shape 3"]:
    """Unit vectors to [0, 1]."""
    return (normals + 1) / 2


def safe_normalise(vectors: Float[Tensor, "*shape 3"]) -> Float[Tensor, "*shape 3"]:
    """Unit vectors; finite values and gradients at zero (the squared norm is floored at 1e-20)."""
    return vectors * torch.rsqrt((vectors * vectors).sum(dim=-1, keepdim=True).clamp_min(1e-20))


@overload
def _leaf(tensor: Tensor) -> Tensor: ...
@overload
def _leaf(tensor: Tensor | None) -> Tensor | None: ...
def _leaf(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor.detach().requires_grad_(tensor.requires_grad)
