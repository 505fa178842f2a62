"""Claims about finished objects of the installed add-on: faces, levels, collision, quads, assets, provenance."""

import tempfile
from pathlib import Path

import bpy
import numpy as np
import painted_torus
from addon_in_use import empty_file, install, module, raised
from mathutils.bvhtree import BVHTree
from painted_torus import select_only

install()

scene, provenance, face_budget = module("scene"), module("provenance"), module("face_budget")
mesh_reading, state, placement = module("mesh_reading"), module("state"), module("placement")
TexturedMesh = module("mesh", "shared").TexturedMesh
messages = module("messages", "shared")

FACES = 9216
LICENCES = (messages.ModelLicence("ImageBind", "CC BY-NC-SA 4.0", "Not for sale."),)
BACKEND = messages.Welcome(
    "1.0", "id", "0.1.0", "builtin", "cpu", "numba", (), "Say where it comes from.", licences=LICENCES
)
PARTS = (state.PromptPart("text", "a red chair, größer", 1.0), state.PromptPart("image", "stuhl.png", 0.5))
ORIGIN = state.Provenance(
    "request", "a red chair", "xbind", "draft", 7, "job", PARTS, "blue", (("max_faces", 5000.0), ("steps_scale", 0.5))
)


def test_d21_a_result_is_brought_to_the_face_budget_with_its_texture_in_place():
    target = _finished(max_faces=3000)
    assert 2900 <= len(target.data.polygons) <= 3000
    assert _misplaced(target) < 0.005
    assert [each.name for each in bpy.data.objects] == ["a red chair"]
    assert len(bpy.data.meshes) == 1
    assert not target.vertex_groups
    assert not target.modifiers


def test_d21_seams_are_kept_where_decimating_without_care_would_tear_the_texture():
    target = _finished()
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.uv.smart_project(island_margin=0.01)
    bpy.ops.object.mode_set(mode="OBJECT")
    careless = face_budget.decimated(target.data, 2500, keep_seams=False)
    careful = face_budget.decimated(target.data, 2500)
    assert len(careless.polygons) == len(careful.polygons) == 2500
    assert _slipped(careless, target.data) > 0.02
    assert _slipped(careful, target.data) < 0.003


def test_d21_a_result_within_the_budget_keeps_all_its_faces():
    assert len(_finished(max_faces=20_000).data.polygons) == FACES


def test_d21_the_smooth_shading_of_a_result_follows_the_chosen_angle():
    def sharp_edges(target):
        attribute = target.data.attributes.get("sharp_edge")
        return sum(each.value for each in attribute.data) if attribute else 0

    assert sharp_edges(_finished()) == 0
    assert sharp_edges(_finished(sharp_angle=0.01)) > FACES / 2


def test_d21_the_operator_reduces_every_selected_object_and_undo_brings_the_faces_back():
    target = _finished()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.any_to_3d.reduce_faces(faces=4000)
    bpy.ops.ed.undo_push(message="after")
    assert len(target.data.polygons) <= 4000
    assert target.data.materials[0] is not None
    bpy.ops.ed.undo()
    assert len(bpy.data.objects["a red chair"].data.polygons) == FACES


def test_d21_a_budget_below_what_the_seams_need_is_met_and_a_new_texture_avoids_slips():
    target = _finished()
    assert face_budget.strains_seams(target.data, 1500)
    assert not face_budget.strains_seams(target.data, 3000)
    bpy.ops.any_to_3d.reduce_faces(faces=1500)
    assert len(target.data.polygons) <= 1500
    target = _finished()
    bpy.ops.any_to_3d.reduce_faces(faces=1500, texture="REPAINT")
    assert len(target.data.polygons) <= 1500
    assert _misplaced(target) < 0.01
    assert mesh_reading.base_color_image(target).packed_file is not None


def test_d21_a_remeshed_object_is_of_quads_and_keeps_its_colours():
    target = _finished()
    bpy.ops.any_to_3d.remesh_quads(faces=1500)
    corners = [len(face.vertices) for face in target.data.polygons]
    assert corners.count(4) / len(corners) > 0.98
    assert 750 < len(corners) < 3000
    assert _misplaced(target) < 0.02
    uvs = np.array([each.vector for each in target.data.uv_layers.active.uv])
    assert uvs.min() >= 0
    assert uvs.max() <= 1
    assert bpy.context.mode == "OBJECT"
    assert target.select_get()


def test_d21_a_mesh_that_cannot_be_remeshed_is_left_as_it_was_and_the_reason_said():
    target = _finished()
    target.data.flip_normals()
    target.data.polygons[0].flip()
    message = raised(lambda: bpy.ops.any_to_3d.remesh_quads(faces=1500))
    assert "does not take 'a red chair'" in message, message
    assert len(target.data.polygons) == FACES
    assert _misplaced(target) < 0.005


def test_d21_levels_of_detail_are_copies_in_a_collection_and_only_the_first_is_in_view():
    target = _finished()
    bpy.ops.any_to_3d.make_levels_of_detail(copies=2, ratio=0.5)
    collection = bpy.data.collections["a red chair LOD"]
    levels = sorted(collection.objects, key=lambda each: each.name)
    assert [each.name for each in levels] == [f"a red chair_LOD{level}" for level in range(3)]
    assert levels[0] == target
    counts = [len(each.data.polygons) for each in levels]
    np.testing.assert_allclose(counts, [FACES, FACES / 2, FACES / 4], rtol=0.001)
    assert [each.visible_get() for each in levels] == [True, False, False]
    assert all(_misplaced(each) < 0.01 for each in levels)
    assert levels[1].get("any_to_3d_prompt") == "a red chair"
    assert scene.name_of_object(ORIGIN) == "a red chair_LOD0", "the job has to find its own object"


def test_d21_levels_below_what_the_seams_need_can_have_a_texture_of_their_own():
    target = _finished()
    bpy.ops.any_to_3d.make_levels_of_detail(copies=1, ratio=0.1, texture="REPAINT")
    level = bpy.data.objects["a red chair_LOD1"]
    assert len(level.data.polygons) <= FACES / 10
    assert _misplaced(level) < 0.02
    assert not level.visible_get()
    assert mesh_reading.base_color_image(level) != mesh_reading.base_color_image(target)
    assert _misplaced(target) < 0.005, "the object's own material was painted over"


def test_d21_making_levels_again_replaces_the_earlier_ones():
    _finished()
    bpy.ops.any_to_3d.make_levels_of_detail(copies=3, ratio=0.5)
    bpy.ops.any_to_3d.make_levels_of_detail(copies=1, ratio=0.25)
    assert sorted(each.name for each in bpy.data.objects) == ["a red chair_LOD0", "a red chair_LOD1"]
    assert len(bpy.data.objects["a red chair_LOD1"].data.polygons) <= FACES / 4
    assert [each.name for each in bpy.data.collections] == ["a red chair LOD"]


def test_d21_a_collision_mesh_is_a_convex_wire_child_named_for_the_engine():
    target = _finished()
    target.location = (3, 0, 0)
    bpy.ops.any_to_3d.make_collision(max_faces=100)
    hull = bpy.data.objects["UCX_a red chair"]
    assert hull.parent == target
    assert hull.display_type == "WIRE"
    assert hull.hide_render
    assert 4 <= len(hull.data.polygons) <= 110
    for face in hull.data.polygons:
        behind = [face.normal.dot(vertex.co - face.center) for vertex in hull.data.vertices]
        assert max(behind) < 1e-3, "a vertex stands out: the hull is not convex, or its normals point inwards"
    bpy.context.view_layer.update()
    assert abs(hull.matrix_world.translation.x - 3) < 1e-6
    bpy.ops.any_to_3d.make_collision(max_faces=50)
    assert len([each for each in bpy.data.objects if each.name.startswith("UCX_")]) == 1
    bpy.ops.any_to_3d.make_collision(convention="GODOT")
    assert "a red chair-convcolonly" in bpy.data.objects


def test_d21_a_flat_mesh_is_refused_with_the_reason():
    empty_file()
    bpy.ops.mesh.primitive_plane_add()
    assert "is flat" in raised(bpy.ops.any_to_3d.make_collision)


def test_d21_the_tools_say_why_they_are_disabled():
    empty_file()
    operators = module("object_operators")
    assert not bpy.ops.any_to_3d.reduce_faces.poll()
    assert operators.why_not_on_meshes(bpy.context) == "Select a mesh object first"
    bpy.ops.mesh.primitive_cube_add()
    assert bpy.ops.any_to_3d.reduce_faces.poll()
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.any_to_3d.make_collision.poll()
    assert operators.why_not_on_meshes(bpy.context) == "Leave to Object Mode first"


def test_d23_an_object_is_marked_with_a_preview_tags_and_a_catalogue_beside_the_file():
    folder = Path(tempfile.mkdtemp())
    others = "# mine\nVERSION 1\n\n11111111-2222-3333-4444-555555555555:Props/Doors:Props-Doors\n"
    (folder / "blender_assets.cats.txt").write_text(others)
    target = _finished()
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
    target = _finished()
    assert bpy.ops.any_to_3d.mark_as_asset() == {"FINISHED"}
    assert target.asset_data is not None
    assert target.asset_data.catalog_id == "00000000-0000-0000-0000-000000000000"


def test_d23_a_catalogue_file_of_another_version_is_left_alone_and_said():
    folder = Path(tempfile.mkdtemp())
    (folder / "blender_assets.cats.txt").write_text("VERSION 2\n")
    _finished()
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "a.blend"))
    message = raised(bpy.ops.any_to_3d.mark_as_asset)
    assert "VERSION 2" in message
    assert (folder / "blender_assets.cats.txt").read_text() == "VERSION 2\n"


def test_n12_all_that_repeats_an_object_survives_glb_export_and_import():
    _finished()
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
    target = _finished()
    target["any_to_3d_parts"] = "oh"
    target["any_to_3d_overrides"] = "[1]"
    target["any_to_3d_is_final"] = False
    path = str(Path(tempfile.mkdtemp()) / "a.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert scene.unfinished()[0].parts == ()


def test_d13_the_result_has_its_colours_in_every_shading_and_an_srgb_image():
    target = _finished()
    material = target.data.materials[0]
    image = mesh_reading.base_color_image(target)
    assert material.name == "a red chair"
    assert image.name == "a red chair base color"
    assert image.colorspace_settings.name == "sRGB"
    assert image.packed_file is not None
    # Solid view shows this colour, or the image of the active node where it is set to Texture.
    assert material.node_tree.nodes.active.image == image


def test_d13_solid_view_shows_the_colour_that_most_of_the_object_has():
    solid_color = module("mesh_data").solid_color
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


def _finished(**options):
    """A finished torus, selected, in an empty file. It is not scaled: its height is that of the torus."""
    empty_file()
    place = placement.Placement((0, 0, 0), 2 * painted_torus.TUBE, "Scene", "CENTRE", **options)
    scene.create(ORIGIN, place)
    vertices, faces, uvs, uv_faces = painted_torus.arrays()
    scene.finish(ORIGIN, TexturedMesh(vertices, faces, uvs, uv_faces, painted_torus.albedo()), BACKEND)
    target = bpy.data.objects["a red chair"]
    select_only(target)
    return target


def _slipped(after, before):
    """The share of the surface of ``after`` with a UV of another place than on ``before``."""
    surface, original = mesh_reading.surface_of(after), mesh_reading.surface_of(before)
    tree = BVHTree.FromPolygons(original.vertices.tolist(), original.faces.tolist())
    random = np.random.default_rng(0)
    slips = []
    for face in random.integers(len(surface.faces), size=1500):
        weights = random.dirichlet([1, 1, 1])
        point, _, nearest, _ = tree.find_nearest(weights @ surface.vertices[surface.faces[face]])
        corners = original.vertices[original.faces[nearest]].astype(float)
        inside = np.linalg.lstsq(np.vstack([corners.T, np.ones(3)]), [*point, 1.0], rcond=None)[0]
        slips.append(np.linalg.norm(weights @ surface.uvs[face] - inside @ original.uvs[nearest]))
    return float((np.array(slips) > 0.05).mean())


def _misplaced(target):
    pixels = mesh_reading.pixels_of(mesh_reading.base_color_image(target))
    return painted_torus.misplaced(mesh_reading.surface_of(target.data), pixels)
