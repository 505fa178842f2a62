"""What props are painted with: materials and patterns that can be told apart, and do not move with the camera."""

import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import trimesh
from any_to_3d.backend.props.build import Prop, build
from any_to_3d.backend.props.class_table import CLASS_TABLE
from any_to_3d.backend.props.contact_sheet import SheetRow, contact_sheet
from any_to_3d.backend.props.export import split_at_creases, write_prop
from any_to_3d.backend.props.materials import MATERIALS, PATTERNS, Material, Pattern
from any_to_3d.backend.props.palette import COLOURS
from any_to_3d.backend.props.render import render
from any_to_3d.backend.props.shapes import signed_volume
from any_to_3d.backend.props.spec import CLASSES, PropSpec
from any_to_3d.backend.props.surface import albedo, face_normals, lit, sharp_edges, soft_light


def middles(prop: Prop) -> tuple[np.ndarray, np.ndarray]:
    """The middle of every face, and the faces' numbers."""
    return prop.triangles.mean(axis=1), np.arange(len(prop.faces))


def scattered(prop: Prop, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Points spread evenly over the surface, and their faces."""
    points, faces = trimesh.sample.sample_surface(
        trimesh.Trimesh(prop.vertices, prop.faces, process=False), count, seed=1
    )
    return np.asarray(points), np.asarray(faces)


def test_plain_props_have_one_flat_colour_a_face_under_soft_light() -> None:
    prop = build(PropSpec("chair", "red", seed=1))
    points, faces = middles(prop)
    colours = albedo(prop.surface, prop.triangles, points, faces)
    np.testing.assert_allclose(colours, prop.surface.colours, atol=1e-6)
    shown = lit(prop.surface, colours, points, faces)
    np.testing.assert_allclose(shown, colours * soft_light(prop.surface.normals)[:, None], atol=1e-6)
    assert not prop.surface.is_textured.any()


@pytest.mark.parametrize(("one", "other"), list(combinations(MATERIALS, 2)))
def test_every_two_materials_look_different_at_64_pixels_from_all_sides(one: Material, other: Material) -> None:
    for name in ("vase", "table"):
        for azimuth in (0.0, 0.5 * math.pi, math.pi, 1.5 * math.pi):
            first, second = (render(build(PropSpec(name, "green", material=m)), 0.3, azimuth) for m in (one, other))
            inside = first.alpha > 127
            difference = np.abs(first.rgb.astype(float) - second.rgb.astype(float))[inside].mean()
            assert difference > 9, f"{name} seen from {math.degrees(azimuth):.0f} degrees"


@pytest.mark.parametrize("material", MATERIALS)
def test_material_keeps_the_hue_that_its_prompt_names(material: Material) -> None:
    for name, rgb in COLOURS.items():
        prop = build(PropSpec("vase", name, material=material))
        points, faces = scattered(prop)
        is_main = prop.surface.materials[faces] > 0 if material != "plain" else np.ones(len(faces), bool)
        mean = albedo(prop.surface, prop.triangles, points, faces)[is_main].mean(axis=0)
        nearest = min(COLOURS, key=lambda word: np.abs(_hue(mean) - _hue(np.array(COLOURS[word]))).sum())
        saturation = max(rgb) - min(rgb)
        assert saturation < 0.5 or nearest in (name, "brown"), (name, mean)


def _hue(rgb: np.ndarray) -> np.ndarray:
    """A colour without its brightness and most of its paleness."""
    chroma = rgb - rgb.min()
    return chroma / max(float(chroma.max()), 1e-6)


@pytest.mark.parametrize("colour", ["black", "white", "red"])
@pytest.mark.parametrize("material", ["wood", "stone", "cloth"])
def test_wood_stone_and_cloth_vary_over_the_surface_of_any_colour(material: Material, colour: str) -> None:
    prop = build(PropSpec("crate", colour, material=material))
    points, faces = scattered(prop)
    tones = albedo(prop.surface, prop.triangles, points, faces)[prop.surface.materials[faces] > 0].mean(axis=1)
    assert tones.std() > 0.03


@pytest.mark.parametrize("material", ["metal", "plastic", "glass"])
def test_glossy_materials_gleam_on_flat_faces_too(material: Material) -> None:
    prop = build(PropSpec("house", "blue", material=material))
    points, faces = scattered(prop)
    shown = lit(prop.surface, albedo(prop.surface, prop.triangles, points, faces), points, faces)
    for axis, sign in ((1, -1.0), (1, 1.0), (0, 1.0), (0, -1.0)):
        side = (prop.surface.materials[faces] > 0) & (sign * prop.surface.normals[faces, axis] > 0.99)
        assert np.ptp(shown[side].min(axis=1)) > 0.2


def test_metal_is_darker_and_glass_paler_at_sharp_edges() -> None:
    for material, edge_is_paler in (("metal", False), ("glass", True)):
        prop = build(PropSpec("crate", "red", "blue", material=material))
        triangle = prop.triangles[0]
        on_edge, inside = triangle[1:].mean(axis=0) * 0.999 + triangle[0] * 0.001, triangle.mean(axis=0)
        if not prop.surface.sharp[0, 1]:
            on_edge = triangle[:2].mean(axis=0)
        tones = albedo(prop.surface, prop.triangles, np.stack([on_edge, inside]), np.zeros(2, int)).mean(axis=1)
        assert (tones[0] > tones[1] + 0.05) == edge_is_paler
        assert abs(tones[0] - tones[1]) > 0.05


def test_surface_is_one_and_the_same_from_every_side() -> None:
    """Two cameras that both look straight at one point show the same colour there."""
    spec = PropSpec("crate", "green", material="metal")
    views = [render(build(spec), 0.0, math.radians(a), 96, 4).rgb[48, 48].astype(int) for a in (-1.0, 1.0)]
    assert np.abs(views[0] - views[1]).max() < 12


@pytest.mark.parametrize("pattern", PATTERNS[1:])
@pytest.mark.parametrize("name", CLASSES)
def test_patterned_prop_shows_its_colour_and_the_pale_one(name: str, pattern: Pattern) -> None:
    prop = build(PropSpec(name, "blue", pattern=pattern, seed=2))
    points, faces = scattered(prop)
    colours = albedo(prop.surface, prop.triangles, points, faces)
    main = np.isclose(colours, COLOURS["blue"], atol=1e-6).all(axis=1)
    light = np.isclose(colours, prop.surface.tint, atol=1e-6).all(axis=1)
    assert light.sum() > 0.08 * (light | main).sum()
    assert main.sum() > 0.08 * (light | main).sum()


def test_level_stripes_are_bands_of_equal_height() -> None:
    prop = build(PropSpec("tower", "blue", pattern="striped", seed=4))
    points, faces = scattered(prop)
    light = np.isclose(albedo(prop.surface, prop.triangles, points, faces), prop.surface.tint, atol=1e-6).all(axis=1)
    in_period = np.mod(points[:, 2] - prop.surface.phase, 0.36)
    patterned = prop.surface.patterns[faces] > 0
    np.testing.assert_array_equal(light[patterned], in_period[patterned] < 0.42 * 0.36)


def test_second_colour_is_neither_patterned_nor_lost_in_a_material() -> None:
    prop = build(PropSpec("house", "red", "blue", "stone", "checked"))
    is_roof = np.isclose(prop.surface.colours, COLOURS["blue"], atol=1e-6).all(axis=1)
    assert is_roof.any()
    assert (prop.surface.patterns[is_roof] == 0).all()


def test_edges_of_a_cube_are_sharp_and_its_diagonals_are_not() -> None:
    cube = trimesh.creation.box()
    sharp = sharp_edges(cube.faces, face_normals(cube.vertices[cube.faces]))
    np.testing.assert_array_equal(sharp.sum(axis=1), 2)


def test_splitting_at_creases_leaves_24_corners_of_a_cube_and_the_same_surface() -> None:
    prop = build(PropSpec("table", "red"))
    vertices, faces = split_at_creases(prop)
    box = faces[prop.face_parts == 0]
    # Eight corners in three faces each, and the middles of the two caps.
    assert len(np.unique(box)) == 24 + 2
    assert np.array_equal(vertices[faces], prop.vertices[prop.faces])


@pytest.mark.parametrize("spec", [PropSpec("chair", "red", "blue", "metal"), PropSpec("mug", "pink", seed=3)])
def test_written_prop_is_a_textured_glb_of_the_wanted_height(spec: PropSpec, tmp_path: Path) -> None:
    faces = write_prop(spec, tmp_path / "prop.glb", height_metres=1.5, texture_size=128)
    (mesh,) = trimesh.load(tmp_path / "prop.glb").geometry.values()
    assert len(mesh.faces) == faces
    low, high = mesh.bounds
    assert (low[1], high[1]) == pytest.approx((0.0, 1.5), abs=1e-4)
    assert mesh.visual.material.baseColorTexture.size == (128, 128)
    prop = build(spec)
    scale = 1.5 / np.ptp(prop.vertices[:, 2])
    assert mesh.volume == pytest.approx(scale**3 * signed_volume(prop.vertices, prop.faces), rel=1e-3)
    assert (mesh.visual.material.metallicRoughnessTexture is not None) == (spec.material == "metal")


def test_texture_of_a_glb_shows_both_colours_and_no_light(tmp_path: Path) -> None:
    write_prop(PropSpec("house", "red", "blue"), tmp_path / "house.glb", texture_size=256)
    (mesh,) = trimesh.load(tmp_path / "house.glb").geometry.values()
    texels = np.asarray(mesh.visual.material.baseColorTexture.convert("RGB")).reshape(-1, 3) / 255.0
    for name in ("red", "blue"):
        assert np.isclose(texels, COLOURS[name], atol=0.01).all(axis=1).mean() > 0.05


def test_sheet_has_eight_pictures_a_row() -> None:
    rows = [SheetRow("a red chair", PropSpec("chair", "red")), SheetRow("a blue mug", PropSpec("mug", "blue"))]
    assert contact_sheet(rows, size=32).size == (8 * 32, 2 * (32 + 14))
    assert contact_sheet(rows, size=32, columns=2).size == (16 * 32, 32 + 14)
    with pytest.raises(ValueError, match="at least one prop"):
        contact_sheet([])


def test_usual_materials_are_known_ones_and_differ() -> None:
    for facts in CLASS_TABLE.values():
        assert set(facts.materials) < set(MATERIALS)
        assert len(set(facts.materials)) == len(facts.materials)
        assert len(facts.words) == len(facts.plurals)
