"""Marching tetrahedra over stored tetrahedra: the hash table's edges against torch's sorted ones."""

import numpy as np
import pytest
import torch
from any_to_3d.backend.kernels.cpu_stored_tetrahedra import crossed_edges
from any_to_3d.backend.kernels.kuhn_lattice import KuhnLattice
from kernel_meshes import CPU, REFERENCE

DEVICE = torch.device("cpu")


def outcome(kernels, tets):
    lattice = KuhnLattice(6)
    positions = lattice.vertices(DEVICE).requires_grad_()
    noise = torch.rand(lattice.vertex_count, generator=torch.Generator().manual_seed(0)) - 0.5
    sdf = (positions.detach().norm(dim=1) - 0.6 + noise).requires_grad_()
    vertices, faces = kernels.marching_tetrahedra(positions, tets, sdf)
    vertices[faces].prod(dim=1).sin().sum().backward()
    corners = [[tuple(corner) for corner in face] for face in vertices[faces].tolist()]
    # From its smallest corner on, so that the winding is kept and the start is not.
    turned = [face[face.index(min(face)) :] + face[: face.index(min(face))] for face in corners]
    return sorted(turned), len(vertices), positions.grad, sdf.grad


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32])
def test_stored_tetrahedra_give_the_mesh_of_the_reference_with_winding_and_gradients(dtype):
    tets = KuhnLattice(6).tets(DEVICE).to(dtype)
    got, expected = outcome(CPU, tets), outcome(REFERENCE, tets)
    assert got[:2] == expected[:2]
    for mine, theirs in zip(got[2:], expected[2:], strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5 * float(theirs.abs().max()))


def test_two_tetrahedra_share_the_crossings_of_their_common_edges():
    edges, faces = crossed_edges(np.array([[0, 1, 2, 3], [4, 2, 1, 3]]), np.array([False, True, False, False, False]))
    assert sorted(edges.tolist()) == [[0, 1], [1, 2], [1, 3], [1, 4]]
    shared = set(faces[0]) & set(faces[1])
    assert sorted(edges[list(shared)].tolist()) == [[1, 2], [1, 3]]


def test_no_tetrahedron_crossed_gives_no_edges():
    edges, faces = crossed_edges(np.array([[0, 1, 2, 3]]), np.ones(4, bool))
    assert edges.shape == (0, 2)
    assert faces.shape == (0, 3)


def test_a_tetrahedron_beyond_the_vertices_is_refused():
    with pytest.raises(ValueError, match=r"must index 0..3, got 0..4"):
        crossed_edges(np.array([[0, 1, 2, 4]]), np.zeros(4, bool))
