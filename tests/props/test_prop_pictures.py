"""Pictures of props and the data set made of them."""

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from any_to_3d.backend.props.build import PROP_RADIUS, build
from any_to_3d.backend.props.make_dataset import Options, main, sample_cameras
from any_to_3d.backend.props.render import clip_coordinates, render
from any_to_3d.backend.props.spec import CLASSES, canonical


def columns(alpha: np.ndarray) -> np.ndarray:
    """How many covered pixels each image column has."""
    return (alpha > 127).sum(axis=0)


def test_mug_handle_is_on_the_right_at_azimuth_0_and_on_the_left_from_behind() -> None:
    mug = build(canonical("mug", "blue"))
    for azimuth, handle in ((0.0, slice(48, 64)), (math.pi, slice(0, 16))):
        alpha = render(mug, 0.0, azimuth).alpha
        other = slice(0, 16) if handle.start else slice(48, 64)
        assert columns(alpha)[handle].max() < 0.8 * columns(alpha)[other].max()


def test_mug_handle_has_a_visible_hole() -> None:
    alpha = render(build(canonical("mug", "blue")), math.radians(10), 0.0).alpha
    row = alpha[32] > 127
    assert np.flatnonzero(np.diff(row.astype(int)) == 1).size == 2, "cup, gap, handle"


def test_camera_at_azimuth_90_stands_at_plus_x() -> None:
    clip = clip_coordinates(
        np.array([[0.5, 0.0, 0.0], [-0.5, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 0.5]]), 0.0, 0.5 * math.pi
    )
    assert clip[0, 3] == pytest.approx(2.0), "nearer"
    assert clip[1, 3] == pytest.approx(3.0), "farther"
    assert clip[2, 0] > 0.5, "+Y is to the right"
    assert clip[3, 1] > 0.5, "+Z is up"


def test_sphere_that_holds_every_prop_fits_the_picture() -> None:
    assert math.degrees(math.asin(PROP_RADIUS / 2.5)) < 20.0


@pytest.mark.parametrize("name", CLASSES)
def test_prop_fills_the_picture_without_touching_its_border(name: str) -> None:
    for azimuth in (0.0, 1.0, 2.5):
        alpha = render(build(canonical(name, "green")), 0.4, azimuth).alpha
        assert 0.05 < (alpha > 127).mean() < 0.75
        assert not alpha[0].any()
        assert not alpha[-1].any()
        assert not alpha[:, 0].any()
        assert not alpha[:, -1].any()


def test_background_is_white_in_colour_and_black_in_normals() -> None:
    view = render(build(canonical("house", "red")), 0.3, 0.6)
    empty = view.alpha == 0
    assert (view.rgb[empty] == 255).all()
    assert (view.normal[empty] == 0).all()


def test_normals_are_world_space_and_unit_length() -> None:
    view = render(build(canonical("crate", "red")), 0.0, 0.0)
    assert view.normal[32, 32].tolist() == [128, 0, 128], "the front of a crate faces -Y"


def test_render_is_deterministic() -> None:
    boat = build(canonical("boat", "blue"))
    first, again = render(boat, 0.2, 0.7), render(boat, 0.2, 0.7)
    for name in ("rgb", "alpha", "normal"):
        assert np.array_equal(getattr(first, name), getattr(again, name))


def test_shading_tells_front_left_right_and_back_apart() -> None:
    crate = build(canonical("crate", "red"))
    sides = [int(render(crate, 0.0, math.radians(a)).rgb[32, 32, 0]) for a in (0, 270, 90, 180)]
    assert all(a - b >= 5 for a, b in pairwise(sides)), sides


def test_first_camera_is_the_reference_and_the_rest_go_all_around() -> None:
    rng = np.random.default_rng(0)
    cameras = np.degrees(np.stack([sample_cameras(rng, 12) for _ in range(400)]))
    assert (np.abs(cameras[:, 0, 1]) <= 10).all()
    assert ((cameras[:, 0, 0] >= 0) & (cameras[:, 0, 0] <= 20)).all()
    elevation, azimuth = cameras[:, 1:, 0], cameras[:, 1:, 1]
    assert elevation.min() >= -20
    assert elevation.max() <= 50
    counts, _ = np.histogram(azimuth, 8, (-180, 180))
    assert counts.min() > 0.8 * counts.mean()
    assert ((elevation >= 0) & (elevation <= 30)).mean() > 0.7


def test_data_set_is_complete_reproducible_and_not_overwritten(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        main(Options(tmp_path / folder, objects=3, views=2, seed=5, workers=1))
    rgb = np.load(tmp_path / "a" / "rgb.npy", mmap_mode="r")
    assert rgb.shape == (3, 2, 64, 64, 3)
    assert np.load(tmp_path / "a" / "alpha.npy").shape == (3, 2, 64, 64)
    assert np.array_equal(rgb, np.load(tmp_path / "b" / "rgb.npy"))
    assert np.load(tmp_path / "a" / "azimuth.npy").dtype == np.float32
    records = json.loads((tmp_path / "a" / "specs.json").read_text())
    assert len(records) == 3
    assert not any(record["held_out"] for record in records)
    assert not list((tmp_path / "a").glob("*.partial"))
    with pytest.raises(ValueError, match="already holds a finished data set"):
        main(Options(tmp_path / "a", objects=3, views=2))
