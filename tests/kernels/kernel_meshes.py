"""Meshes, a pinhole projection and comparisons shared by the kernel tests."""

import importlib.util

import numpy as np
import pytest
import torch
import trimesh
from any_to_3d.backend.kernels.select import select_kernels
from torch import Tensor

CPU, _ = select_kernels("cpu", torch.device("cpu"))
REFERENCE, _ = select_kernels("reference", torch.device("cpu"))
TORCH, _ = select_kernels("torch", torch.device("cpu"))
BOTH = [CPU, REFERENCE]

HAS_TRITON = importlib.util.find_spec("triton") is not None
if HAS_TRITON:
    from any_to_3d.backend.kernels.triton_kernels import TRITON
else:
    TRITON = None
NO_TRITON = "triton is missing: it has wheels for Linux only"
COMPILED = "triton compiles for the GPU here, and the test's tensors are on the CPU"
ALL = [
    *BOTH,
    TORCH,
    pytest.param(
        TRITON,
        id="triton",
        marks=[
            pytest.mark.skipif(not HAS_TRITON, reason=NO_TRITON),
            pytest.mark.skipif(torch.cuda.is_available(), reason=COMPILED),
        ],
    ),
]
"""On a CPU, Triton's kernels are interpreted (tests/conftest.py sees to it): right, but for tiny cases only."""


def sphere(subdivisions: int) -> tuple[Tensor, Tensor]:
    """Unit icosphere with 20 * 4^subdivisions faces, as float32 vertices and int64 faces."""
    mesh = trimesh.creation.icosphere(subdivisions)
    return torch.tensor(np.array(mesh.vertices)).float(), torch.tensor(np.array(mesh.faces))


def bumpy_sphere(subdivisions: int = 5) -> tuple[Tensor, Tensor]:
    """A sphere with smooth bumps of 6 % of its radius; 20,480 faces by default."""
    vertices, faces = sphere(subdivisions)
    x, y, z = vertices.unbind(dim=1)
    return vertices * (1 + 0.06 * torch.sin(5 * x + 1) * torch.sin(4 * y) * torch.cos(6 * z))[:, None], faces


def project(vertices: Tensor) -> Tensor:
    """Clip space of a camera 3 units away on -Z that looks along +Z."""
    x, y, z = vertices.unbind(dim=-1)
    return torch.stack([2.2 * x, 2.2 * y, z + 2.5, z + 3], dim=-1)


def edge_uses(faces: Tensor) -> Tensor:
    """How many faces use each undirected edge."""
    sides = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    return torch.unique(sides.sort(dim=1).values, dim=0, return_counts=True)[1]


def relative_error(got: Tensor, expected: Tensor) -> float:
    """Largest difference over the largest expected magnitude."""
    return float(((got - expected).abs().max() / expected.abs().max()).detach())
