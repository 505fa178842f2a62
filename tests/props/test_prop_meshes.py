"""Props as meshes: closed, outward, centred, deterministic, and facing -Y."""

import numpy as np
import pytest
from any_to_3d.backend.props.build import BUILDERS, PROP_RADIUS, Prop, build
from any_to_3d.backend.props.class_table import CLASS_TABLE
from any_to_3d.backend.props.palette import COLOURS, FIXED_PAINTS
from any_to_3d.backend.props.shapes import bar, box, ring, signed_volume, torus
from any_to_3d.backend.props.spec import CLASSES, PROPORTIONS, Proportion, PropSpec, canonical

VARIANTS: list[tuple[str | None, Proportion, int | None]] = [
    (None, "normal", None),
    ("red", "tall", 3),
    (None, "wide", 8),
]


def parts_of(prop: Prop) -> list[np.ndarray]:
    return [prop.faces[prop.face_parts == part] for part in np.unique(prop.face_parts)]


def painted(prop: Prop, paint: str) -> np.ndarray:
    """Vertices of the faces that have one of the fixed paints."""
    wanted = np.abs(prop.surface.colours - np.array(FIXED_PAINTS[paint])).max(axis=1) < 1e-6
    assert wanted.any(), f"no face is painted {paint}"
    return prop.vertices[np.unique(prop.faces[wanted])]


def test_every_class_has_a_builder_and_no_builder_is_left_over() -> None:
    assert set(BUILDERS) == set(CLASSES)
    assert len(CLASSES) >= 36


@pytest.mark.parametrize(("second_colour", "proportion", "seed"), VARIANTS)
@pytest.mark.parametrize("name", CLASSES)
def test_every_part_is_closed_and_wound_outwards(
    name: str, second_colour: str | None, proportion: Proportion, seed: int | None
) -> None:
    prop = build(PropSpec(name, "blue", second_colour, proportion=proportion, seed=seed))
    for faces in parts_of(prop):
        edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
        directed = {tuple(edge) for edge in edges.tolist()}
        assert len(directed) == len(edges), "an edge is used twice in one direction"
        assert {(b, a) for a, b in directed} == directed, "an edge has no partner"
        assert signed_volume(prop.vertices.astype(np.float64), faces) > 0


@pytest.mark.parametrize("proportion", PROPORTIONS)
@pytest.mark.parametrize("name", CLASSES)
def test_prop_is_centred_and_just_fits_the_radius(name: str, proportion: Proportion) -> None:
    vertices = build(PropSpec(name, "red", proportion=proportion, seed=1)).vertices
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
    def aspect(proportion: Proportion) -> float:
        size = np.ptp(build(PropSpec(name, "red", proportion=proportion)).vertices, axis=0)
        return float(size[2] / size[0])

    assert aspect("tall") > 1.2 * aspect("normal") > 1.4 * aspect("wide")


@pytest.mark.parametrize("name", CLASSES)
def test_second_colour_paints_a_part_and_leaves_the_main_colour(name: str) -> None:
    one, two = build(PropSpec(name, "green", seed=2)), build(PropSpec(name, "green", "pink", seed=2))
    is_main, is_pink = (
        np.isclose(two.surface.colours, COLOURS[word], atol=1e-6).all(axis=1) for word in ("green", "pink")
    )
    assert is_main.any()
    assert is_pink.any()
    assert not np.isclose(one.surface.colours, COLOURS["pink"], atol=1e-6).all(axis=1).any()


def test_blue_roof_of_a_red_house_lies_above_its_walls() -> None:
    prop = build(PropSpec("house", "red", "blue"))
    roof, walls = (
        prop.vertices[np.unique(prop.faces[np.isclose(prop.surface.colours, COLOURS[word], atol=1e-6).all(axis=1)])]
        for word in ("blue", "red")
    )
    assert roof[:, 2].max() > walls[:, 2].max()
    assert roof[:, 2].min() > walls[:, 2].mean()


@pytest.mark.parametrize("name", [n for n, facts in CLASS_TABLE.items() if facts.is_symmetric])
def test_symmetric_classes_are_about_as_deep_as_wide(name: str) -> None:
    size = np.ptp(build(canonical(name, "red")).vertices, axis=0)
    assert 0.65 < size[0] / size[1] < 1.55


@pytest.mark.parametrize("name", ["sword", "key", "fence", "axe", "shield", "wheel", "book"])
def test_flat_things_stay_thick_enough_for_three_pixels_of_64(name: str) -> None:
    pixel = 2 * 2.5 * np.tan(np.radians(20)) / 64
    for seed in range(5):
        assert np.ptp(build(PropSpec(name, "red", seed=seed)).vertices[:, 1]) > 3 * pixel


def test_chest_has_its_lock_and_pumpkin_its_face_at_minus_y() -> None:
    assert painted(build(canonical("chest", "brown")), "lamp_yellow")[:, 1].max() < -0.3
    assert painted(build(canonical("pumpkin", "orange")), "ink")[:, 1].max() < -0.2


def test_bookshelf_and_tent_open_and_bed_and_bench_face_towards_minus_y() -> None:
    assert painted(build(canonical("bookshelf", "brown")), "book_red")[:, 1].mean() < -0.01
    assert painted(build(canonical("tent", "green")), "ink")[:, 1].max() < -0.3
    for name in ("bed", "bench"):
        vertices = build(canonical(name, "blue")).vertices
        assert vertices[vertices[:, 2] > 0.8 * vertices[:, 2].max()][:, 1].min() > 0.1, "the tall end is at +Y"


def test_axe_has_its_edge_and_key_its_teeth_at_plus_x() -> None:
    axe = build(canonical("axe", "red")).vertices
    low, high = (axe[side][:, 2] for side in (axe[:, 0] < axe[:, 0].min() + 0.02, axe[:, 0] > axe[:, 0].max() - 0.02))
    assert np.ptp(high) > 2 * np.ptp(low)
    key = build(canonical("key", "red")).vertices
    lower = key[key[:, 2] < -0.3]
    assert lower[:, 0].max() > -2 * lower[:, 0].min()


def test_box_has_the_volume_of_its_size() -> None:
    part = box((3.0, -1.0, 2.0), (1.0, 2.0, 3.0), "main")
    assert signed_volume(part.vertices, part.faces) == pytest.approx(6.0)


def test_ring_has_the_volume_of_its_turned_outline() -> None:
    part = ring([(1.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 1.0)], "main", 256)
    assert signed_volume(part.vertices, part.faces) == pytest.approx(3 * np.pi, rel=1e-3)
    part = torus(2.0, 1.0, "main", 256)
    assert signed_volume(part.vertices, part.faces) == pytest.approx(np.pi**2, rel=0.08)


@pytest.mark.parametrize("end", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.6, 0.0, 0.8)])
def test_bar_reaches_from_end_to_end_in_any_direction(end: tuple[float, float, float]) -> None:
    part = bar((0.0, 0.0, 0.0), end, 0.2, "main", 64)
    along = part.vertices @ np.array(end)
    assert (along.min(), along.max()) == pytest.approx((0.0, 1.0), abs=1e-9)
    assert signed_volume(part.vertices, part.faces) == pytest.approx(np.pi * 0.01, rel=0.01)
