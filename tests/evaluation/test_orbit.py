import math
from pathlib import Path

import numpy as np
import pytest
from any_to_3d.backend.evaluation.measures.orbit import azimuths, bilinear, orbit, render, visible_points
from any_to_3d.backend.props.build import build
from any_to_3d.backend.props.render import render as render_prop
from any_to_3d.backend.props.spec import canonical
from any_to_3d.shared.mesh import TexturedMesh
from prop_meshes import prop_mesh


def test_an_orbit_does_not_show_the_front_twice() -> None:
    angles = azimuths(120)
    assert len(angles) == 120
    assert angles[0] == 0
    assert angles[-1] == pytest.approx(2 * math.pi * 119 / 120)


@pytest.mark.parametrize(("elevation", "azimuth"), [(0.0, 0.0), (0.3, 1.0), (-0.5, 4.0)])
def test_a_prop_looks_the_same_here_as_in_its_training_pictures(elevation: float, azimuth: float) -> None:
    ours = render(prop_mesh("house", "green"), elevation, azimuth, size=64, supersample=3)
    theirs = render_prop(build(canonical("house", "green")), elevation, azimuth, size=64, supersample=3)
    assert np.abs(ours.alpha - theirs.alpha / 255).max() < 0.01
    # Training pictures are shaded, so only unshaded channels can agree; hue is compared by the scores.
    flat = theirs.alpha == 255
    assert ours.rgb[flat].mean(axis=0).argmax() == theirs.rgb[flat].mean(axis=0).argmax()


def test_background_is_white_and_normals_are_black_there() -> None:
    view = render(prop_mesh("mug", "yellow"), 0.0, 0.0, size=32)
    assert (view.rgb[0, 0] == 1).all()
    assert (view.normal[0, 0] == 0).all()
    assert view.alpha[0, 0] == 0


def test_normals_face_the_camera_in_world_space() -> None:
    view = render(prop_mesh("crate", "red"), 0.0, 0.0, size=64)
    centre = view.normal[32, 32] * 2 - 1
    assert centre[1] < -0.7


def test_texture_is_interpolated_with_perspective() -> None:
    """A floor seen at a slant: the texture's middle lies where the camera ray through it meets the floor."""
    corners = np.array([[-0.6, -0.6, 0], [0.6, -0.6, 0], [0.6, 0.6, 0], [-0.6, 0.6, 0]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    uvs = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    ramp = np.repeat(np.linspace(255, 0, 256)[:, None, None], 3, axis=2).repeat(4, axis=1).astype(np.uint8)
    view = render(TexturedMesh(corners, faces, uvs, faces, ramp), math.radians(20), 0.0, size=256, supersample=1)
    # The camera looks at the origin, the floor's middle, so the picture's centre must show v = 0.5.
    assert view.rgb[127:129, 128, 0].mean() == pytest.approx(0.5, abs=0.03)


def test_bilinear_blends_neighbours_and_clamps_at_the_border() -> None:
    image = np.array([[[0] * 3, [255] * 3]], np.uint8)
    values = bilinear(image, np.array([[0.0, 0.5], [0.25, 0.5], [0.5, 0.5], [1.0, 0.5]]))
    assert values[:, 0] == pytest.approx([0, 0, 0.5, 1])


def test_points_inside_a_body_are_not_visible() -> None:
    prop = build(canonical("mushroom", "red"))
    outer = np.concatenate([prop.vertices, prop.vertices * 0.1])
    faces = np.concatenate([prop.faces, prop.faces + len(prop.vertices)])
    points = visible_points(outer, faces)
    assert len(points) == pytest.approx(len(visible_points(prop.vertices, prop.faces)), rel=0.02)


def test_orbit_yields_every_view(tmp_path: Path) -> None:
    views = list(orbit(prop_mesh("car", "orange"), 0.0, size=16, count=5))
    assert len(views) == 5
    assert np.abs(views[0].alpha - views[1].alpha).max() > 0.5
