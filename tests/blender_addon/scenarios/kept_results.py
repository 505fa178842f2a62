"""Claims about what a finished object of the installed add-on is: its material, its provenance, an asset."""

import tempfile
from pathlib import Path

import bpy
import numpy as np
from addon_in_use import empty_file, module, raised
from finished_torus import ORIGIN, TexturedMesh, finished, mesh_reading, placement, provenance, scene


def test_d23_an_object_is_marked_with_a_preview_tags_and_a_catalogue_beside_the_file():
    folder = Path(tempfile.mkdtemp())
    others = "# mine\nVERSION 1\n\n11111111-2222-3333-4444-555555555555:Props/Doors:Props-Doors\n"
    (folder / "blender_assets.cats.txt").write_text(others)
    target = finished()
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "größe.blend"))
    bpy.ops.any_to_3d.mark_as_asset()
    target = bpy.data.objects["a red chair"]
    assert {each.name for each in target.asset_data.tags} == {"any-to-3d", "xbind", "red", "chair"}
    assert target.asset_data.description == "a red chair"
    text = (folder / "blender_assets.cats.txt").read_text()
    assert text.startswith(others)
    assert text == f"{others}{target.asset_data.catalog_id}:Any to 3D:Any to 3D\n"
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(folder / "größe.blend"))
    preview = bpy.data.objects["a red chair"].preview
    pixels = np.array(preview.image_pixels_float[:]).reshape(256, 256, 4)
    assert tuple(preview.image_size) == (256, 256)
    assert 0.2 < (pixels[..., 3] > 0.5).mean() < 0.8
    assert pixels[..., :3][pixels[..., 3] > 0.5].std(axis=0).min() > 0.05, "a picture without its colours"


def test_d23_in_a_file_that_is_not_saved_the_catalogue_is_left_out():
    target = finished()
    assert bpy.ops.any_to_3d.mark_as_asset() == {"FINISHED"}
    assert target.asset_data is not None
    assert target.asset_data.catalog_id == "00000000-0000-0000-0000-000000000000"


def test_d23_a_catalogue_file_of_another_version_is_left_alone_and_said():
    folder = Path(tempfile.mkdtemp())
    (folder / "blender_assets.cats.txt").write_text("VERSION 2\n")
    finished()
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "a.blend"))
    message = raised(bpy.ops.any_to_3d.mark_as_asset)
    assert "VERSION 2" in message
    assert (folder / "blender_assets.cats.txt").read_text() == "VERSION 2\n"


def test_n12_all_that_repeats_an_object_survives_glb_export_and_import():
    finished()
    path = str(Path(tempfile.mkdtemp()) / "stuhl.glb")
    bpy.ops.export_scene.gltf(filepath=path, export_extras=True)
    empty_file()
    bpy.ops.import_scene.gltf(filepath=path)
    target = next(each for each in bpy.data.objects if each.type == "MESH")
    assert provenance.read(target) == ORIGIN
    found = {
        name: target[f"any_to_3d_{name}"] for name in ("backend_version", "profile", "device", "kernels", "height")
    }
    assert found == {
        "backend_version": "0.1.0", "profile": "builtin", "device": "cpu", "kernels": "numba", "height": 0.8
    }  # fmt: skip
    assert target["any_to_3d_backend_note"] == "Say where it comes from."
    assert target["any_to_3d_model_licences"] == "ImageBind: CC BY-NC-SA 4.0. Not for sale."
    assert target["any_to_3d_date"].startswith("20")
    assert target["any_to_3d_date"].endswith("+00:00")


def test_n12_a_property_that_somebody_typed_over_does_not_keep_a_file_from_opening():
    target = finished()
    target["any_to_3d_parts"] = "oh"
    target["any_to_3d_overrides"] = "[1]"
    target["any_to_3d_is_final"] = False
    path = str(Path(tempfile.mkdtemp()) / "a.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert scene.unfinished()[0].parts == ()


def test_d13_the_result_has_its_colours_in_every_shading_and_an_srgb_image():
    target = finished()
    material = target.data.materials[0]
    image = mesh_reading.base_color_image(target)
    assert material.name == "a red chair"
    assert image.name == "a red chair base color"
    assert image.colorspace_settings.name == "sRGB"
    assert image.packed_file is not None
    # Solid view shows this colour, or the image of the active node where it is set to Texture.
    assert material.node_tree.nodes.active.image == image


def test_d13_solid_view_shows_the_colour_that_most_of_the_object_has():
    solid_color = module("objects.mesh_data").solid_color
    orange, blue = [255, 128, 0, 255], [0, 0, 255, 255]
    colors = np.array([orange] * 60 + [blue] * 40, np.uint8)
    # A mean would be a brown that is nowhere on it.
    np.testing.assert_allclose(solid_color(colors), (1.0, 0.21586, 0.0), atol=1e-4)
    noise = np.random.default_rng(0).integers(-20, 20, (4000, 3))
    shades = (np.array([128, 64, 192]) + noise).clip(0, 255).astype(np.uint8)
    np.testing.assert_allclose(solid_color(shades), (0.2195, 0.0528, 0.5310), atol=0.03)
    assert solid_color(colors[:0]) == (0.8, 0.8, 0.8)


def test_d13_what_the_image_has_beside_the_faces_does_not_darken_the_solid_colour():
    empty_file()
    albedo = np.zeros((16, 16, 3), np.uint8)
    albedo[8:, :8] = 255
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    faces = np.array([[0, 1, 2]], np.int32)
    uvs = np.array([[0, 0], [0.5, 0], [0, 0.5]], np.float32)
    scene.create(ORIGIN, placement.Placement((0, 0, 0), 1.0, "Scene"))
    scene.finish(ORIGIN, TexturedMesh(vertices, faces, uvs, faces, albedo), None)
    np.testing.assert_allclose(bpy.data.objects[0].data.materials[0].diffuse_color, (1, 1, 1, 1), atol=1e-6)
