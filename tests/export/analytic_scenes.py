"""Scenes with a known shape and known colours, standing in for what the generator hands to the export."""

from dataclasses import dataclass

import numpy as np
import torch
import trimesh
from torch import Tensor


@dataclass(frozen=True)
class Surface:
    vertices: Tensor
    faces: Tensor


@dataclass(frozen=True)
class AnalyticScene:
    """A fixed mesh coloured by position: (p + 1) / 2, so every texel tells which point it belongs to."""

    mesh: trimesh.Trimesh

    def extract(self) -> Surface:
        return Surface(
            torch.tensor(np.asarray(self.mesh.vertices), dtype=torch.float32),
            torch.tensor(np.asarray(self.mesh.faces), dtype=torch.int64),
        )

    def albedo(self, points: Tensor) -> Tensor:
        return (points + 1) / 2


def sphere(radius: float = 0.8, subdivisions: int = 4) -> trimesh.Trimesh:
    return trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)


def mug() -> trimesh.Trimesh:
    """A body and a ring through its wall: two closed components, genus 0 and 1."""
    body = trimesh.creation.cylinder(radius=0.4, height=0.9, sections=48).subdivide().subdivide()
    handle = trimesh.creation.torus(major_radius=0.25, minor_radius=0.06)
    handle.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1, 0, 0]))
    handle.apply_translation([0.45, 0, 0])
    return trimesh.util.concatenate([body, handle])


def with_floater(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    floater = trimesh.creation.icosphere(subdivisions=1, radius=0.01)
    floater.apply_translation([0.9, 0.9, 0.9])
    return trimesh.util.concatenate([mesh, floater])
