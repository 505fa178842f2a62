"""Mesh rendering and mesh regularisers, on meshes small enough to compute by hand."""

import pytest
import torch
from any_to_3d.backend.generator.losses.surface import laplacian_roughness, normal_consistency
from any_to_3d.backend.generator.rendering.surface import render_surface, vertex_normals
from any_to_3d.backend.generator.rendering.view import TriangleMesh
from any_to_3d.backend.generator.representations.tet_grid import KuhnGrid
from toy_world import camera_at, runtime

CPU = torch.device("cpu")
ALL = frozenset({"rgb", "alpha", "normal", "mesh"})


def ball(radius: float = 0.6, resolution: int = 24) -> TriangleMesh:
    grid = KuhnGrid(resolution)
    positions = grid.positions(CPU)
    return TriangleMesh(
        *runtime().kernels.marching_tetrahedra(positions, grid.tets(CPU), positions.norm(dim=1) - radius)
    )


def red(points: torch.Tensor) -> torch.Tensor:
    return torch.tensor([1.0, 0.0, 0.0]).expand(len(points), 3)


def square() -> TriangleMesh:
    """Two triangles in the plane y = 0, facing -Y."""
    corners = torch.tensor([[-1.0, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]]) * 0.5
    return TriangleMesh(corners, torch.tensor([[0, 1, 2], [0, 2, 3]]))


def test_normals_of_a_square_face_the_front() -> None:
    torch.testing.assert_close(vertex_normals(square()), torch.tensor([0.0, -1.0, 0.0]).expand(4, 3))


def test_a_vertex_without_area_points_up_with_a_finite_gradient() -> None:
    vertices = torch.zeros(3, 3, requires_grad=True)
    normals = vertex_normals(TriangleMesh(vertices, torch.tensor([[0, 1, 2]])))
    assert normals[0].tolist() == [0, 0, 1]
    normals.sum().backward()
    assert vertices.grad.isfinite().all()


def test_normals_of_a_ball_are_its_directions() -> None:
    mesh = ball()
    cosine = (vertex_normals(mesh) * torch.nn.functional.normalize(mesh.vertices, dim=1)).sum(dim=1)
    assert cosine.min() > 0.93
    assert cosine.mean() > 0.995


def test_a_rendered_square_shows_its_colour_normal_and_share_of_the_image() -> None:
    view = render_surface(square(), camera_at(0, 0, size=64), ALL, red, runtime().kernels)
    assert view.rgb[0, :, 32, 32].tolist() == [1, 0, 0]
    torch.testing.assert_close(view.normal[0, :, 32, 32], torch.tensor([0.5, 0.0, 0.5]))
    assert view.rgb[0, :, 0, 0].tolist() == [1, 1, 1]
    assert view.normal[0, :, 0, 0].tolist() == [0, 0, 0]
    assert view.alpha.mean().item() == pytest.approx((0.5 / 0.910) ** 2, abs=0.01)


def test_only_asked_channels_are_rendered() -> None:
    view = render_surface(square(), camera_at(0, 0), frozenset({"normal"}), red, runtime().kernels)
    assert view.rgb is None
    assert view.normal is not None


def test_silhouette_gradient_grows_a_square_that_should_cover_more() -> None:
    mesh = square()
    scale = torch.ones((), requires_grad=True)
    grown = TriangleMesh(mesh.vertices * scale, mesh.faces)
    view = render_surface(grown, camera_at(0, 0, size=64), frozenset({"alpha"}), red, runtime().kernels)
    view.alpha.mean().backward()
    # d/ds of (0.549 s)^2 is 0.60.
    assert scale.grad.item() == pytest.approx(2 * (0.5 / 0.910) ** 2, rel=0.15)


def test_colour_learns_but_points_carry_no_gradient() -> None:
    mesh = square()
    vertices = mesh.vertices.requires_grad_()
    tint = torch.zeros(3, requires_grad=True)
    view = render_surface(
        TriangleMesh(vertices, mesh.faces),
        camera_at(0, 0, size=16),
        frozenset({"rgb"}),
        lambda points: 0 * points + tint,
        runtime().kernels,
    )
    view.rgb[..., 8, 8].sum().backward()
    assert tint.grad.tolist() == [1, 1, 1]
    assert vertices.grad is None or torch.all(vertices.grad == 0)


def test_flat_meshes_are_consistent_and_a_fold_is_not() -> None:
    assert normal_consistency(square()).item() == pytest.approx(0.0, abs=1e-6)
    folded = square()
    folded.vertices[3] = torch.tensor([-0.5, 1.0, -0.5])
    assert normal_consistency(folded) > 0.05


def test_laplacian_of_a_triangle_by_hand() -> None:
    """(Deg - Adj) v at (0,0,0) with neighbours (1,0,0), (0,1,0) is (-1,-1,0), of length sqrt 2, and so on."""
    mesh = TriangleMesh(torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]), torch.tensor([[0, 1, 2]]))
    expected = (2**0.5 + 5**0.5 + 5**0.5) / 3
    assert laplacian_roughness(mesh).item() == pytest.approx(expected, rel=1e-5)


def test_laplacian_descent_smooths_a_bump() -> None:
    mesh = ball(resolution=12)
    vertices = mesh.vertices + 0.05 * torch.randn(mesh.vertices.shape, generator=torch.Generator().manual_seed(0))
    vertices.requires_grad_()
    loss = laplacian_roughness(TriangleMesh(vertices, mesh.faces))
    moved = vertices - 2.0 * torch.autograd.grad(loss, vertices)[0]
    assert laplacian_roughness(TriangleMesh(moved, mesh.faces)) < loss
