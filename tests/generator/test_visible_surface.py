"""The surface that enough directions see: optical depths by hand, and walls that a level set would tear."""

import math

import pytest
import torch
from any_to_3d.backend.generator.representations.surface_from_density import DensitySurface, signed_distances
from any_to_3d.backend.generator.representations.tet_grid import A15Grid, KuhnGrid, TetGrid
from any_to_3d.backend.generator.representations.visible_surface import (
    VisibleSurface,
    directions_of,
    optical_depths,
    visible_distances,
)

CPU = torch.device("cpu")
BOX = torch.tensor([[-1.0] * 3, [1.0] * 3])


def distances(density: torch.Tensor, grid: TetGrid) -> torch.Tensor:
    """Of a density that is known at a lattice's corners."""
    side = round(len(density) ** (1 / 3))
    volume = density.view(1, 1, side, side, side).transpose(2, 4)

    def looked_up(points: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.grid_sample(volume, points[None, None, None], align_corners=True)[0, 0, 0, 0]

    return visible_distances(looked_up, BOX, grid.positions(CPU), grid, VisibleSurface())


def test_the_depth_of_a_slab_is_its_density_times_the_way_through_it() -> None:
    """Density 2 where |y| < 0.5, seen along -Y and from 60 degrees beside it: the way is 1 / cos 60 as long."""
    directions = torch.tensor([[0.0, -1.0, 0.0], [math.sin(math.pi / 3), -math.cos(math.pi / 3), 0.0]])
    points = torch.tensor([[0.0, -0.9, 0.0], [0.0, 0.0, 0.0], [-0.2, 0.7, 0.1]])
    box = torch.tensor([[-3.0, -1.0, -1.0], [3.0, 1.0, 1.0]])
    depths = optical_depths(lambda p: 2.0 * (p[:, 1].abs() < 0.5), box, points, directions, 121)
    expected = torch.tensor([[0.0, 1.0, 2.0], [0.0, 2.0, 4.0]])
    torch.testing.assert_close(depths, expected, atol=0.12, rtol=0)


def test_directions_are_unit_vectors_at_their_elevations_all_around() -> None:
    surface = VisibleSurface(azimuths=4, elevations=(0.0, 30.0), witnesses=1)
    directions = directions_of(surface, CPU)
    torch.testing.assert_close(directions.norm(dim=1), torch.ones(8))
    torch.testing.assert_close(directions[0], torch.tensor([0.0, -1.0, 0.0]))  # azimuth 0 is on -Y
    torch.testing.assert_close(directions[:, 2], torch.tensor([0.0] * 4 + [0.5] * 4))
    torch.testing.assert_close(directions.view(2, 4, 3)[..., :2].sum(dim=1), torch.zeros(2, 2), atol=1e-6, rtol=0)


@pytest.mark.parametrize("grid", [KuhnGrid(32), A15Grid(32)])
def test_a_dense_ball_keeps_its_radius(grid: TetGrid) -> None:
    positions = grid.positions(CPU)
    sdf = visible_distances(lambda p: 100.0 * (p.norm(dim=1) < 0.6), BOX, positions, grid, VisibleSurface())
    radius = positions.norm(dim=1)
    assert sdf[radius < 0.54].max() < 0
    assert sdf[radius > 0.66].min() > 0


def test_torn_walls_are_closed_where_a_level_set_leaves_holes() -> None:
    """A hollow box with a window of four cells: few of the directions that see its front see through it."""
    grid = KuhnGrid(32)
    positions = grid.positions(CPU)
    reach = positions.abs().amax(dim=1)
    is_window = (positions[:, 1] < 0) & (positions[:, ::2].abs().amax(dim=1) < 0.13)
    density = 40.0 * ((reach < 0.65) & (reach > 0.5) & ~is_window)
    inside = positions.norm(dim=1) < 0.3
    assert signed_distances(density, grid, DensitySurface())[inside].min() > 0
    assert distances(density, grid)[inside].max() < 0


def test_a_bowl_stays_open() -> None:
    grid = KuhnGrid(32)
    positions = grid.positions(CPU)
    radius = positions.norm(dim=1)
    density = 40.0 * ((radius < 0.7) & (radius > 0.5) & (positions[:, 2] < 0.0))
    sdf = distances(density, grid)
    assert sdf[(radius < 0.3) & (positions[:, 2] > -0.1)].min() > 0
    assert sdf[(radius < 0.6) & (radius > 0.55) & (positions[:, 2] < -0.1)].max() < 0


def test_a_faint_field_has_its_surface_at_half_its_depth_and_an_empty_one_none() -> None:
    grid = KuhnGrid(16)
    positions = grid.positions(CPU)
    faint = visible_distances(lambda p: 0.1 * (p.norm(dim=1) < 0.6), BOX, positions, grid, VisibleSurface())
    assert (faint < 0).any()
    empty = visible_distances(lambda p: torch.zeros(len(p)), BOX, positions, grid, VisibleSurface())
    assert (empty > 0).all()


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ValueError, match=r"witnesses: got 25.*between 1 and 24"):
        VisibleSurface(witnesses=25)
    with pytest.raises(ValueError, match="depth: got 0"):
        VisibleSurface(depth=0)
