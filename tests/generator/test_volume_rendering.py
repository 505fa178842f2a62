"""The field and its volume rendering, against analytic balls."""

import math
from dataclasses import replace

import pytest
import torch
from any_to_3d.backend.generator.rendering.volume import RayMarch
from any_to_3d.backend.generator.representations.field import FieldConfig, HashField
from any_to_3d.backend.generator.representations.nerf import NeRF, NerfScene
from any_to_3d.backend.generator.representations.occupancy import OccupancyGrid
from any_to_3d.backend.kernels.hash_grid import HashGridConfig
from toy_world import camera_at, runtime

SMALL = FieldConfig(HashGridConfig(4, 2, 12, 8, 1.5), hidden=16, hidden_layers=1, start_levels=4)
ALL = frozenset({"rgb", "alpha", "normal", "depth", "rays"})


class SolidBall(HashField):
    """A field of constant density inside a radius; red."""

    density_inside, radius = 4.0, 0.5

    def density(self, points, code=None):
        return self.density_inside * (points.norm(dim=1) < self.radius).float()

    def albedo(self, points, code=None):
        return torch.tensor([1.0, 0.0, 0.0]).expand(len(points), 3)

    def normals(self, points, step):
        return points


def ball_scene(samples: int = 400) -> NerfScene:
    world = runtime()
    spec = NeRF(field=SMALL, march=RayMarch(samples=samples), occupancy_warm_up=0)
    scene = NerfScene(spec, world)
    scene.field = SolidBall(SMALL, world.kernels, world.rng("ball"))
    return scene


def test_central_ray_through_a_ball_has_beer_lamberts_opacity() -> None:
    scene = ball_scene()
    view = scene.render(camera_at(0, 0, size=9), ALL)
    expected = 1 - math.exp(-4.0 * 2 * 0.5)
    assert view.alpha[0, 0, 4, 4].item() == pytest.approx(expected, abs=0.01)
    torch.testing.assert_close(view.rgb[0, :, 4, 4], torch.tensor([1.0, 1 - expected, 1 - expected]), atol=0.01, rtol=0)


def test_background_is_white_and_empty() -> None:
    view = ball_scene().render(camera_at(0, 0, size=9), ALL)
    torch.testing.assert_close(view.rgb[0, :, 0, 0], torch.ones(3))
    assert view.alpha[0, 0, 0, 0] == 0
    assert torch.all(view.normal[0, :, 0, 0] == 0)


def test_normal_of_the_front_points_at_the_camera() -> None:
    """World space: the front is -Y, which is mapped to (0.5, 0, 0.5) times alpha."""
    view = ball_scene().render(camera_at(0, 0, size=9), ALL)
    alpha = view.alpha[0, 0, 4, 4]
    torch.testing.assert_close(view.normal[0, :, 4, 4], alpha * torch.tensor([0.5, 0.0, 0.5]), atol=0.02, rtol=0)


def test_skipping_empty_cells_does_not_change_the_picture() -> None:
    scene = ball_scene()
    cameras = camera_at(20, 30, size=16)
    scene.generator.manual_seed(5)
    full = scene.render(cameras, ALL)
    scene.begin_step(0, 0.0)
    assert not scene.occupancy.occupied.all()
    scene.generator.manual_seed(5)
    skipping = scene.render(cameras, ALL)
    torch.testing.assert_close(skipping.rgb, full.rgb, atol=2e-3, rtol=0)


def test_rays_that_miss_everything_give_a_white_picture_and_no_error() -> None:
    scene = ball_scene()
    scene.occupancy.occupied.fill_(False)
    view = scene.render(camera_at(0, 0, size=8), ALL)
    assert torch.all(view.rgb == 1)


def test_ray_noise_moves_the_picture_a_little() -> None:
    scene = ball_scene()
    still = camera_at(0, 0, size=16)
    scene.generator.manual_seed(1)
    before = scene.render(still, ALL).rgb
    scene.generator.manual_seed(1)
    after = scene.render(replace(still, ray_noise=2e-3), ALL).rgb
    assert 0 < (before - after).abs().mean() < 0.05


def test_occupied_cells_include_the_neighbours_of_dense_ones() -> None:
    grid, world = OccupancyGrid(16, 1.0), runtime()
    field = SolidBall(SMALL, world.kernels, world.rng("ball"))
    grid.update(field, 0.03, 0.01, 0.95, world.rng("jitter"))
    just_outside = torch.tensor([[0.5625, 0.0, 0.0], [0.95, 0.0, 0.0]])
    inside, neighbour_or_far = grid.at(torch.zeros(1, 3)), grid.at(just_outside)
    assert inside.tolist() == [True]
    assert neighbour_or_far.tolist() == [True, False]


def test_occupancy_forgets_slowly() -> None:
    grid, world = OccupancyGrid(8, 1.0), runtime()
    field = SolidBall(SMALL, world.kernels, world.rng("ball"))
    grid.update(field, 0.03, 0.01, 0.95, world.rng("jitter"))
    before = grid.opacity.max().item()
    field.density_inside = 0.0
    grid.update(field, 0.03, 0.01, 0.95, world.rng("jitter"))
    assert grid.opacity.max().item() == pytest.approx(0.95 * before)


def test_a_new_field_is_a_soft_ball() -> None:
    world = runtime()
    field = HashField(SMALL, world.kernels, world.rng("field"))
    density = field.density(torch.tensor([[0.0, 0, 0], [0.5, 0, 0], [1.0, 0, 0]]))
    torch.testing.assert_close(density, torch.tensor([10.0, math.log(2), 0.0]), atol=0.02, rtol=0)


def test_normals_by_differences_point_outwards_of_the_blob() -> None:
    world = runtime()
    field = HashField(SMALL, world.kernels, world.rng("field"))
    points = 0.4 * torch.nn.functional.normalize(torch.randn(20, 3, generator=world.rng("points")), dim=1)
    normals = torch.nn.functional.normalize(field.normals(points, 0.02), dim=1)
    assert ((normals * points).sum(dim=1) / 0.4).min() > 0.95


def test_progressive_levels_follow_the_published_schedule() -> None:
    config = FieldConfig()
    assert [config.active_levels(step / 10_000) for step in (0, 1999, 2000, 2299, 2300, 4099, 4100, 9999)] == [
        *(8, 8, 9, 9, 10, 15, 16, 16)
    ]


def test_same_seed_same_field_whatever_the_global_generator() -> None:
    torch.manual_seed(1)
    first = HashField(SMALL, runtime().kernels, runtime(seed=3).rng("field"))
    torch.manual_seed(2)
    second = HashField(SMALL, runtime().kernels, runtime(seed=3).rng("field"))
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)


def test_preview_of_a_nerf_is_a_closed_ball() -> None:
    scene = ball_scene()
    scene.spec = replace(scene.spec, surface=replace(scene.spec.surface, threshold=2.0, scale=2.0))
    mesh = scene.extract(resolution=32)
    assert mesh.vertices.norm(dim=1).mean().item() == pytest.approx(0.5, abs=0.03)
