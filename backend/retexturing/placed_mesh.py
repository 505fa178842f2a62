"""A client's mesh where the generator looks for objects, and what its surface looks like. No torch."""

from dataclasses import dataclass

import numpy as np

from ...shared.mesh import SourceMesh
from ..finishing.mesh_repair import simplified
from ..finishing.texture_reading import bilinear

RADIUS = 0.82
"""Of the ball about the middle of its box that an object just fits in, as in the pictures the built-in models know."""

MOST_DRAWN_FACES = 200_000
"""A finer mesh is drawn for the networks with this many; its texture is painted on its own faces all the same."""

SAMPLES = 2**16
"""Points at which the present colours are read. A field of 84 cells a side holds no more than about 30,000."""


@dataclass(frozen=True)
class ColouredPoints:
    """points f32[P, 3] of a surface, and colours f32[P, 3] in [0, 1] there."""

    points: np.ndarray
    colours: np.ndarray


@dataclass(frozen=True)
class PlacedMesh:
    """vertices f32[V, 3]: all of the client's, as (theirs - middle) * scale.

    drawn_vertices, drawn_faces: what is shown to the networks.
    """

    source: SourceMesh
    vertices: np.ndarray
    drawn_vertices: np.ndarray
    drawn_faces: np.ndarray
    middle: np.ndarray
    scale: float

    @staticmethod
    def of(source: SourceMesh) -> "PlacedMesh":
        """Raises ValueError for a mesh without any extent."""
        used = source.vertices[np.unique(source.faces)].astype(np.float64)
        middle = (used.min(axis=0) + used.max(axis=0)) / 2
        reach = float(np.linalg.norm(used - middle, axis=1).max())
        if not reach > 1e-6:
            raise ValueError("the mesh has no extent: all its corners lie on one point; choose another object")
        return PlacedMesh.standing(source, middle, RADIUS / reach)

    @staticmethod
    def standing(source: SourceMesh, middle: np.ndarray, scale: float) -> "PlacedMesh":
        """The mesh at a place that is known already."""
        vertices = ((source.vertices - middle) * scale).astype(np.float32)
        drawn = vertices, source.faces
        if len(source.faces) > MOST_DRAWN_FACES:
            drawn = simplified(vertices, source.faces, MOST_DRAWN_FACES)
        return PlacedMesh(source, vertices, *drawn, middle, scale)

    def unplaced(self, vertices: np.ndarray) -> np.ndarray:
        """Placed vertices f32[V, 3] back where the client has them."""
        return (vertices / self.scale + self.middle).astype(np.float32)

    def present_colours(self, seed: int) -> ColouredPoints | None:
        """Random points, as many an area, with the colours of the present texture there; None where there is none.

        Raises ValueError for a mesh whose faces have no area.
        """
        mesh = self.source
        if mesh.albedo is None:
            return None
        draws = np.random.default_rng(seed % 2**32)
        corners = self.vertices.astype(np.float64)[mesh.faces]
        areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
        if not areas.sum() > 0:
            raise ValueError("the mesh has no surface: its faces have no area; choose another object")
        face = draws.choice(len(areas), SAMPLES, p=areas / areas.sum())
        weights = draws.dirichlet((1, 1, 1), SAMPLES)
        points = np.einsum("pc,pcx->px", weights, corners[face])
        uvs = np.einsum("pc,pcx->px", weights, mesh.uvs.astype(np.float64)[mesh.uv_faces[face]])
        return ColouredPoints(points.astype(np.float32), bilinear(mesh.albedo, uvs))
