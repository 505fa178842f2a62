import math

import pytest
import torch
from any_to_3d.backend.kernels.kuhn_lattice import KuhnLattice
from any_to_3d.backend.kernels.marching_tetrahedra import SMALLEST_SPREAD
from kernel_meshes import ALL, BOTH, CPU, REFERENCE, edge_uses

DEVICE = torch.device("cpu")
TET = torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
ONE_TET = torch.tensor([[0, 1, 2, 3]])


def signed_volume(vertices, faces):
    return float(torch.linalg.det(vertices.detach()[faces]).sum() / 6)


def sphere_sdf(lattice, radius=0.6):
    positions = lattice.vertices(DEVICE)
    return positions, positions.norm(dim=1) - radius


def test_one_inside_corner_gives_one_triangle_that_faces_away_from_it():
    vertices, faces = REFERENCE.marching_tetrahedra(TET, ONE_TET, torch.tensor([-1.0, 1, 1, 3]))
    torch.testing.assert_close(vertices[vertices.argmax(dim=0)], torch.diag(torch.tensor([0.5, 0.5, 0.25])))
    a, b, c = vertices[faces[0]]
    assert (torch.linalg.cross(b - a, c - a) > 0).all()


@pytest.mark.parametrize("case", range(1, 15))
def test_every_sign_pattern_winds_outwards(case):
    sdf = torch.tensor([-1.0 if case >> corner & 1 else 1.0 for corner in range(4)])
    vertices, faces = REFERENCE.marching_tetrahedra(TET, ONE_TET, sdf)
    outwards = TET[sdf > 0].mean(dim=0) - TET[sdf < 0].mean(dim=0)
    for a, b, c in vertices[faces]:
        assert torch.dot(torch.linalg.cross(b - a, c - a), outwards) > 0


def test_lattice_tetrahedra_fill_the_cube_and_are_positively_oriented():
    lattice = KuhnLattice(3)
    corners = lattice.vertices(DEVICE, torch.float64)[lattice.tets(DEVICE)]
    volumes = torch.linalg.det(corners[:, 1:] - corners[:, :1]) / 6
    assert (volumes > 0).all()
    assert float(volumes.sum()) == pytest.approx(8)


def test_lattice_vertices_count_z_first():
    torch.testing.assert_close(KuhnLattice(2).vertices(DEVICE)[5], torch.tensor([-1.0, 0, 1]))


@pytest.mark.parametrize("kernels", BOTH, ids=lambda kernels: kernels.name)
def test_a_sphere_is_closed_outward_and_of_the_right_volume(kernels):
    lattice = KuhnLattice(64 if kernels is CPU else 32)
    positions, sdf = sphere_sdf(lattice)
    vertices, faces = kernels.marching_tetrahedra(positions, lattice, sdf)
    uses = edge_uses(faces)
    assert uses.eq(2).all()
    assert len(vertices) - len(uses) + len(faces) == 2
    assert signed_volume(vertices, faces) == pytest.approx(4 / 3 * math.pi * 0.6**3, rel=0.02)


def test_the_fast_twin_gives_the_mesh_of_the_reference_with_its_gradients():
    lattice = KuhnLattice(10)
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(lattice.vertex_count, generator=generator) - 0.5
    results = []
    for kernels in (REFERENCE, CPU):
        positions = lattice.vertices(DEVICE).requires_grad_()
        sdf = (positions.detach().norm(dim=1) - 0.6 + noise).requires_grad_()
        vertices, faces = kernels.marching_tetrahedra(positions, lattice, sdf)
        vertices[faces].prod(dim=1).sin().sum().backward()
        triangles = [tuple(sorted(map(tuple, triangle))) for triangle in vertices[faces].tolist()]
        results.append((sorted(triangles), len(vertices), signed_volume(vertices, faces), positions.grad, sdf.grad))
    expected, got = results
    assert got[:2] == expected[:2]
    assert got[2] == pytest.approx(expected[2], rel=1e-5)
    for mine, theirs in zip(got[3:], expected[3:], strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5 * float(theirs.abs().max()))


def test_gradients_agree_with_finite_differences():
    sdf = torch.tensor([-0.5, 0.7, -0.2, 0.4], dtype=torch.float64, requires_grad=True)
    positions = TET.double().requires_grad_()

    def crossing(positions, sdf):
        return REFERENCE.marching_tetrahedra(positions, ONE_TET, sdf)[0]

    assert torch.autograd.gradcheck(crossing, (positions, sdf))


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
def test_a_surface_through_lattice_vertices_has_no_face_without_area(kernels):
    lattice = KuhnLattice(8)
    positions = lattice.vertices(DEVICE, torch.float64)
    vertices, faces = kernels.marching_tetrahedra(positions, lattice, positions.abs().sum(dim=1) - 0.75)
    a, b, c = vertices[faces].unbind(dim=1)
    assert edge_uses(faces).eq(2).all()
    assert (torch.linalg.cross(b - a, c - a).norm(dim=1) > 0).all()


def test_the_gradient_is_bounded_where_both_ends_are_almost_zero():
    sdf = torch.tensor([-1e-9, 1e-9, 1e-9, 1e-9], requires_grad=True)
    vertices, _ = REFERENCE.marching_tetrahedra(TET, ONE_TET, sdf)
    vertices.sum().backward()
    torch.testing.assert_close(vertices.max(), torch.tensor(0.5))
    assert sdf.grad.abs().max() <= 3 / SMALLEST_SPREAD


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
def test_no_sign_change_gives_an_empty_mesh(kernels):
    lattice = KuhnLattice(2)
    vertices, faces = kernels.marching_tetrahedra(lattice.vertices(DEVICE), lattice, torch.ones(27))
    assert vertices.shape == (0, 3)
    assert faces.shape == (0, 3)


@pytest.mark.parametrize("kernels", ALL, ids=lambda kernels: kernels.name)
def test_values_that_do_not_fit_the_lattice_are_refused(kernels):
    with pytest.raises(ValueError, match="has 27 vertices, got 8 and 8 values"):
        kernels.marching_tetrahedra(torch.zeros(8, 3), KuhnLattice(2), torch.zeros(8))
