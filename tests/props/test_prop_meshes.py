"""Props as meshes: closed, outward, centred, deterministic, and facing -Y."""

import numpy as np
import pytest
from any_to_3d.backend.props.build import PROP_RADIUS, Prop, build
from any_to_3d.backend.props.palette import COLOURS, FIXED_PAINTS
from any_to_3d.backend.props.shapes import box, cylinder, signed_volume
from any_to_3d.backend.props.spec import CLASSES, PROPORTIONS, PropSpec, canonical
from any_to_3d.backend.props.stripes import cut_by_planes

VARIANTS = [("plain", "normal", None), ("striped", "tall", 3), ("striped", "wide", 8)]


def parts_of(prop: Prop) -> list[np.ndarray]:
    return [prop.faces[prop.face_parts == part] for part in np.unique(prop.face_parts)]


def painted(prop: Prop, paint: str) -> np.ndarray:
    """Vertices of the faces that have one of the fixed paints."""
    wanted = np.abs(prop.face_colors - np.array(FIXED_PAINTS[paint])).max(axis=1) < 1e-6
    assert wanted.any(), f"no face is painted {paint}"
    return prop.vertices[np.unique(prop.faces[wanted])]


@pytest.mark.parametrize(("pattern", "proportion", "seed"), VARIANTS)
@pytest.mark.parametrize("name", CLASSES)
def test_every_part_is_closed_and_wound_outwards(name: str, pattern: str, proportion: str, seed: int | None) -> None:
    prop = build(PropSpec(name, "blue", pattern, proportion, seed))
    for faces in parts_of(prop):
        edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
        directed = {tuple(edge) for edge in edges.tolist()}
        assert len(directed) == len(edges), "an edge is used twice in one direction"
        assert {(b, a) for a, b in directed} == directed, "an edge has no partner"
        assert signed_volume(prop.vertices.astype(np.float64), faces) > 0


@pytest.mark.parametrize("proportion", PROPORTIONS)
@pytest.mark.parametrize("name", CLASSES)
def test_prop_is_centred_and_just_fits_the_radius(name: str, proportion: str) -> None:
    vertices = build(PropSpec(name, "red", "plain", proportion, 1)).vertices
    assert np.linalg.norm(vertices, axis=1).max() == pytest.approx(PROP_RADIUS, abs=1e-5)
    np.testing.assert_allclose(vertices.min(axis=0) + vertices.max(axis=0), 0.0, atol=1e-5)


def test_same_spec_gives_the_same_mesh_and_another_seed_a_different_one() -> None:
    first, again, other = (build(PropSpec("chair", "red", seed=seed)) for seed in (5, 5, 6))
    assert np.array_equal(first.vertices, again.vertices)
    assert not np.array_equal(first.vertices, other.vertices)


def test_chair_has_its_back_at_plus_y() -> None:
    vertices = build(canonical("chair", "red")).vertices
    top = vertices[vertices[:, 2] > 0.5 * vertices[:, 2].max()]
    assert top[:, 1].min() > 0.1


def test_house_has_its_door_at_minus_y() -> None:
    door = painted(build(canonical("house", "red")), "ink")
    assert door[:, 1].max() < -0.3


def test_car_looks_and_drives_towards_minus_y() -> None:
    prop = build(canonical("car", "red"))
    assert painted(prop, "lamp_yellow")[:, 1].max() < -0.5
    assert painted(prop, "tail_red")[:, 1].min() > 0.5
    assert painted(prop, "glass")[:, 1].mean() > 0.05, "the cabin sits behind the bonnet"


def test_mug_has_its_handle_at_plus_x() -> None:
    drink = painted(build(canonical("mug", "blue")), "roof")
    assert drink[:, 0].mean() < -0.1, "the cup is pushed to -X by the handle"


def test_boat_points_its_bow_towards_minus_y() -> None:
    prop = build(canonical("boat", "blue"))
    beam = [np.ptp(part[:, 0]) for part in _ends_along_y(prop.vertices[prop.faces[prop.face_parts == 0].ravel()])]
    assert beam[0] < 0.2 * beam[1]


def _ends_along_y(vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y = vertices[:, 1]
    return vertices[y < y.min() + 0.02], vertices[y > y.max() - 0.02]


def test_table_is_longer_across_the_view_than_along_it() -> None:
    size = np.ptp(build(canonical("table", "red")).vertices, axis=0)
    assert size[0] > 1.4 * size[1]


@pytest.mark.parametrize("name", CLASSES)
def test_tall_and_wide_change_the_aspect_the_right_way(name: str) -> None:
    def aspect(proportion: str) -> float:
        size = np.ptp(build(PropSpec(name, "red", "plain", proportion)).vertices, axis=0)
        return float(size[2] / size[0])

    assert aspect("tall") > 1.2 * aspect("normal") > 1.4 * aspect("wide")


@pytest.mark.parametrize("name", CLASSES)
def test_striped_prop_shows_two_shades_of_its_colour(name: str) -> None:
    plain, striped = (build(PropSpec(name, "blue", pattern, seed=2)) for pattern in ("plain", "striped"))
    light = striped.face_colors[(striped.face_colors[:, 2] > 0.9) & (striped.face_colors[:, 0] > 0.7)]
    main = np.isclose(striped.face_colors, COLOURS["blue"], atol=1e-6).all(axis=1)
    assert len(light) > len(plain.face_colors) * 0.02
    assert main.any()


def test_cutting_keeps_volume_and_separates_the_sides() -> None:
    part = cylinder(1.0, 0.0, 2.0, "main")
    vertices, faces = cut_by_planes(part.vertices, part.faces, np.array([0.0, 0.0, 1.0]), np.array([0.5, 1.25]))
    heights = vertices[faces][:, :, 2]
    for plane in (0.5, 1.25):
        assert ((heights.max(axis=1) <= plane + 1e-9) | (heights.min(axis=1) >= plane - 1e-9)).all()
    assert signed_volume(vertices, faces) == pytest.approx(signed_volume(part.vertices, part.faces))


def test_box_has_the_volume_of_its_size() -> None:
    part = box((3.0, -1.0, 2.0), (1.0, 2.0, 3.0), "main")
    assert signed_volume(part.vertices, part.faces) == pytest.approx(6.0)
