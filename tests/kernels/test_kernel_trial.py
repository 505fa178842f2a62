from dataclasses import replace

import pytest
import torch
from any_to_3d.backend.kernels.hash_grid import HashGrid
from any_to_3d.backend.kernels.select import REFERENCE
from any_to_3d.backend.kernels.trial import disagreement
from kernel_meshes import ALL

DEVICE = torch.device("cpu")


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
def test_every_set_passes_the_trial(kernels):
    assert disagreement(kernels, REFERENCE, DEVICE) == ""


class ShiftedGrid(HashGrid):
    """A grid without the half-cell offset."""

    def forward(self, points):
        return super().forward(points - 0.5 / 3)


def with_another_gradient(sigma, delta, values, z):
    accumulated, weights, alpha, depth = REFERENCE.composite(sigma, delta, values, z)
    return accumulated, weights, alpha, depth + (sigma.sum() - sigma.sum().detach())


def turned_inside_out(positions, tets, sdf):
    vertices, faces = REFERENCE.marching_tetrahedra(positions, tets, sdf)
    return vertices, faces.flip(1)


def with_a_lost_face(vertices_clip, faces, attributes, height, width):
    return REFERENCE.rasterise(vertices_clip, faces[:-1].flip(0), attributes, height, width)


def not_smoothed(image, raster, vertices_clip, faces, adjacency=None):
    return image + 0 * vertices_clip.sum()


@pytest.mark.parametrize(
    ("kernel", "wrong", "named"),
    [
        ("hash_grid", ShiftedGrid, "hash grid: result 0 is off by"),
        ("composite", with_another_gradient, "composite: result 4 is off by"),
        ("marching_tetrahedra", turned_inside_out, "marching tetrahedra: result 1 is off by"),
        ("rasterise", with_a_lost_face, "rasterise and antialias: result 0 is off by"),
        ("antialias", not_smoothed, "rasterise and antialias: result 1 is off by"),
    ],
)
def test_a_wrong_kernel_is_named(kernel, wrong, named):
    assert disagreement(replace(REFERENCE, **{kernel: wrong}), REFERENCE, DEVICE).startswith(named)


def test_a_nan_counts_as_a_difference():
    def broken(sigma, delta, values, z):
        return tuple(output * torch.nan for output in REFERENCE.composite(sigma, delta, values, z))

    assert "composite: result 0 is off by nan" in disagreement(replace(REFERENCE, composite=broken), REFERENCE, DEVICE)
