"""A mesh that a run begins with instead of nothing."""

from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class SurfaceColours:
    """Present colours in [0, 1] at points of a surface."""

    points: Float[Tensor, "P 3"]
    colours: Float[Tensor, "P 3"]


@dataclass(frozen=True)
class GivenMesh:
    """vertices: world units, inside radius 1.  faces: counter-clockwise from outside, but they need not be closed.

    colours: those it has now.  field: the state of a HashField that colours it already, as a checkpoint has it.
    """

    vertices: Float[Tensor, "V 3"]
    faces: Int[Tensor, "F 3"]
    colours: SurfaceColours | None = None
    field: dict[str, Tensor] | None = None


@dataclass(frozen=True)
class RoughShape:
    """A given mesh in the terms of a tetrahedral grid: what phase II begins with instead of a radiance field.

    box: low and high corner of the grid.  sdf: at its points.  field: state of the HashField that colours it.
    """

    box: Float[Tensor, "2 3"]
    sdf: Float[Tensor, "N"]
    field: dict[str, Tensor]
