"""Cameras: the shared convention, rays against projection, and how they are drawn."""

import math

import numpy as np
import pytest
import torch
from any_to_3d.backend.generator.cameras import CameraBatch, CameraRange, single_camera
from any_to_3d.shared.conventions import camera_position
from toy_world import camera_at

CPU = torch.device("cpu")


@pytest.mark.parametrize(("elevation", "azimuth"), [(0, 0), (0, 90), (30, 200), (-45, -135)])
def test_camera_stands_where_the_shared_convention_says(elevation: float, azimuth: float) -> None:
    camera = camera_at(elevation, azimuth)
    expected = camera_position(2.5, math.radians(elevation), math.radians(azimuth))
    np.testing.assert_allclose(camera.world_from_camera[0, :3, 3], expected, atol=1e-6)


def test_upstream_azimuths_are_ours_in_a_world_turned_by_minus_90_degrees() -> None:
    """threestudio: position = d (cos e cos a, cos e sin a, sin e), azimuth 0 on +X."""
    elevation, azimuth = 0.3, 1.1
    upstream = np.array(
        [math.cos(elevation) * math.cos(azimuth), math.cos(elevation) * math.sin(azimuth), math.sin(elevation)]
    )
    quarter_turn = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    ours = camera_at(math.degrees(elevation), math.degrees(azimuth), distance=1.0).world_from_camera[0, :3, 3]
    np.testing.assert_allclose(ours, quarter_turn @ upstream, atol=1e-6)


def test_camera_axes_are_right_handed_and_face_the_origin() -> None:
    pose = camera_at(20, 130).world_from_camera[0]
    torch.testing.assert_close(torch.linalg.det(pose[:3, :3]), torch.tensor(1.0))
    torch.testing.assert_close(-pose[:3, 2] * 2.5, -pose[:3, 3])
    assert pose[2, 1] > 0, "the camera's up axis points upwards in the world"


def test_every_ray_projects_back_to_its_own_pixel_centre() -> None:
    camera = camera_at(25, 70, size=8)
    origins, directions = camera.rays()
    clip = camera.clip((origins + 1.7 * directions)[0].reshape(-1, 3))[0]
    ndc = clip[:, :2] / clip[:, 3:]
    column, row = (ndc[:, 0] + 1) * 4, (1 - ndc[:, 1]) * 4
    expected_row, expected_column = torch.meshgrid(torch.arange(8) + 0.5, torch.arange(8) + 0.5, indexing="ij")
    torch.testing.assert_close(column, expected_column.reshape(-1), atol=1e-4, rtol=0)
    torch.testing.assert_close(row, expected_row.reshape(-1), atol=1e-4, rtol=0)


def test_up_is_at_the_top_and_plus_x_at_the_right_seen_from_the_front() -> None:
    clip = single_camera(8, CPU).clip(torch.tensor([[0.5, 0.0, 0.0], [0.0, 0.0, 0.5]]))[0]
    assert clip[0, 0] > 0
    assert clip[1, 1] > 0


def test_half_extent_of_the_reference_camera_is_0_910() -> None:
    clip = single_camera(8, CPU).clip(torch.tensor([[0.910, 0.0, 0.0]]))[0]
    assert clip[0, 0] / clip[0, 3] == pytest.approx(1.0, abs=1e-3)


def test_azimuths_of_a_batch_fall_one_into_each_sector() -> None:
    cameras = CameraRange((-45, 45), (-180, 180), (2.5, 2.5), (40, 40)).sample(8, 16, torch.Generator().manual_seed(0))
    sectors = ((cameras.azimuth + math.pi) / (2 * math.pi) * 8).floor()
    assert sectors.tolist() == list(range(8))


def test_random_cameras_stay_in_their_ranges() -> None:
    ranges = CameraRange((-10, 45), (-135, 225), (1.5, 2.0), (30, 45), distance_scale=1.3)
    generator = torch.Generator().manual_seed(1)
    for _ in range(20):
        cameras = ranges.sample(4, 16, generator)
        assert torch.all((cameras.elevation >= math.radians(-10.001)) & (cameras.elevation <= math.radians(45.001)))
        assert torch.all((cameras.distance >= 1.3 * 1.5) & (cameras.distance <= 1.3 * 2.0))
        assert torch.all((cameras.fov_y >= math.radians(29.99)) & (cameras.fov_y <= math.radians(45.01)))


def test_half_of_the_elevations_are_uniform_in_sine() -> None:
    """Over 0 to 90 degrees the mean is 45 if uniform in angle, and 90 degrees - 1 radian = 32.7 if in sine."""
    ranges = CameraRange((0, 90), (0, 360), (1, 1), (40, 40))
    generator = torch.Generator().manual_seed(2)
    batches = torch.stack([ranges.sample(64, 8, generator).elevation.rad2deg().mean() for _ in range(60)])
    near_angle, near_sine = (batches - 45).abs() < 8, (batches - (90 - math.degrees(1))).abs() < 8
    in_angle = (batches - 45).abs() < (batches - 32.7).abs()
    assert 15 < int(in_angle.sum()) < 45
    assert bool((near_angle | near_sine).all())


def test_moved_cameras_keep_their_directions() -> None:
    camera = camera_at(20, 130, distance=1.8, fov_y=33)
    moved = camera.moved_to(2.5, 40.0)
    torch.testing.assert_close(moved.azimuth, camera.azimuth)
    torch.testing.assert_close(moved.world_from_camera[0, :3, 3], camera.world_from_camera[0, :3, 3] / 1.8 * 2.5)
    assert moved.fov_y.item() == pytest.approx(math.radians(40))


def test_single_camera_is_an_orbit_of_one() -> None:
    assert isinstance(single_camera(8, CPU), CameraBatch)
    assert len(single_camera(8, CPU)) == 1
