"""Tetrahedral grids and the way from a density to a closed surface."""

import numpy as np
import pytest
import torch
from any_to_3d.backend.generator.representations.surface_from_density import (
    SMALLEST_LEVEL,
    DensitySurface,
    away_from_zero,
    signed_distances,
)
from any_to_3d.backend.generator.representations.tet_grid import A15Grid, KuhnGrid, TetGrid
from toy_world import runtime

CPU = torch.device("cpu")


def edge_counts(faces: torch.Tensor) -> np.ndarray:
    sides = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).sort(dim=1).values
    return sides.unique(dim=0, return_counts=True)[1].numpy()


def balls(points: torch.Tensor, *centres_and_radii: tuple[float, float]) -> torch.Tensor:
    """Density around centres on the x axis: 10 at every ball's radius, and steep there."""
    levels = [radius - (points - torch.tensor([x, 0.0, 0.0])).norm(dim=1) for x, radius in centres_and_radii]
    return (10 + 100 * torch.stack(levels).amax(dim=0)).clamp_min(0)


@pytest.mark.parametrize("grid", [KuhnGrid(24), A15Grid(32)])
def test_a_ball_of_density_becomes_a_closed_mesh_of_its_radius(grid: TetGrid) -> None:
    positions = grid.positions(CPU)
    sdf = signed_distances(balls(positions, (0.0, 0.6)), grid, DensitySurface(scale=10.0))
    vertices, faces = runtime().kernels.marching_tetrahedra(positions, grid.tets(CPU), sdf)
    assert (edge_counts(faces) == 2).all()
    assert vertices.norm(dim=1).mean().item() == pytest.approx(0.6, abs=0.01)


@pytest.mark.parametrize("grid", [KuhnGrid(16), A15Grid(16)])
def test_a_surface_that_would_leave_the_box_is_closed_inside_it(grid: TetGrid) -> None:
    positions = grid.positions(CPU)
    sdf = signed_distances(torch.full((len(positions),), 50.0), grid, DensitySurface())
    vertices, faces = runtime().kernels.marching_tetrahedra(positions, grid.tets(CPU), sdf)
    assert len(faces) > 0
    assert (edge_counts(faces) == 2).all()
    assert vertices.abs().max() <= 1


@pytest.mark.parametrize("grid", [KuhnGrid(32), A15Grid(32)])
def test_a_floating_crumb_is_removed_from_the_sdf(grid: TetGrid) -> None:
    positions = grid.positions(CPU)
    density = balls(positions, (-0.3, 0.45), (0.8, 0.12))
    kept = signed_distances(density, grid, DensitySurface(smallest_part=0.0))
    dropped = signed_distances(density, grid, DensitySurface(smallest_part=0.1))
    is_crumb = positions[:, 0] > 0.5
    assert (kept[is_crumb] < 0).any()
    assert (dropped[is_crumb] > 0).all()
    assert torch.equal(dropped[~is_crumb] < 0, kept[~is_crumb] < 0)


def test_a_faint_density_is_cut_at_half_of_its_maximum() -> None:
    grid = KuhnGrid(16)
    positions = grid.positions(CPU)
    density = (4 - 4 * positions.norm(dim=1)).clamp_min(0)
    sdf = signed_distances(density, grid, DensitySurface(threshold=10.0))
    assert torch.equal(sdf < 0, (density > 2) & ~grid.border(CPU))


def test_values_near_zero_are_nudged_to_their_own_side() -> None:
    nudged = away_from_zero(torch.tensor([1e-9, -1e-9, 0.3]))
    torch.testing.assert_close(nudged, torch.tensor([SMALLEST_LEVEL, -SMALLEST_LEVEL, 0.3]))


def test_a15_resolution_must_be_whole_cells() -> None:
    with pytest.raises(ValueError, match="multiple of 4"):
        A15Grid(30)


def test_a15_tetrahedra_fill_the_box_but_for_its_border() -> None:
    grid = A15Grid(16)
    corners = grid.positions(CPU)[grid.tets(CPU)]
    volume = torch.linalg.det(corners[:, 1:] - corners[:, :1]) / 6
    assert volume.min() > 0
    # The open border is half a cell deep and partly filled: at 4 cells a side well over 0.9 ** 3 remain.
    assert 0.85 < volume.sum().item() / 8 < 1.0


@pytest.mark.parametrize("grid", [KuhnGrid(32), A15Grid(32)])
def test_a_porous_shell_becomes_one_solid_skin(grid: TetGrid) -> None:
    positions = grid.positions(CPU)
    radius = positions.norm(dim=1)
    is_shell = (radius < 0.6) & (radius > 0.35)
    is_pore = torch.rand(len(positions), generator=torch.Generator().manual_seed(0)) < 0.03
    density = 20.0 * (is_shell & ~is_pore)
    sdf = signed_distances(density, grid, DensitySurface())
    assert torch.all(sdf[radius < 0.5] < 0)
    assert torch.all(sdf[radius > 0.65] > 0)


def test_a_wide_opening_stays_open() -> None:
    """A cup: the closing does not bridge its mouth, so its inside stays outside."""
    grid = KuhnGrid(32)
    positions = grid.positions(CPU)
    is_wall = (positions.norm(dim=1) < 0.7) & (positions.norm(dim=1) > 0.45) & (positions[:, 2] < 0.2)
    sdf = signed_distances(20.0 * is_wall, grid, DensitySurface())
    assert sdf[positions.norm(dim=1) < 0.3].min() > 0
