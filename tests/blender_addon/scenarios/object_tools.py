"""Claims about finished objects of the installed add-on: face budgets, levels of detail, collision meshes, quads."""

import bpy
import numpy as np
from addon_in_use import empty_file, module, raised
from finished_torus import ORIGIN, face_budget, finished, mesh_reading, misplaced, scene
from mathutils.bvhtree import BVHTree

FACES = 9216


def test_d21_a_result_is_brought_to_the_face_budget_with_its_texture_in_place():
    target = finished(max_faces=3000)
    assert 2900 <= len(target.data.polygons) <= 3000
    assert misplaced(target) < 0.005
    assert [each.name for each in bpy.data.objects] == ["a red chair"]
    assert len(bpy.data.meshes) == 1
    assert not target.vertex_groups
    assert not target.modifiers


def test_d21_seams_are_kept_where_decimating_without_care_would_tear_the_texture():
    target = finished()
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
    assert len(finished(max_faces=20_000).data.polygons) == FACES


def test_d21_the_smooth_shading_of_a_result_follows_the_chosen_angle():
    def sharp_edges(target):
        attribute = target.data.attributes.get("sharp_edge")
        return sum(each.value for each in attribute.data) if attribute else 0

    assert sharp_edges(finished()) == 0
    assert sharp_edges(finished(sharp_angle=0.01)) > FACES / 2


def test_d21_the_operator_reduces_every_selected_object_and_undo_brings_the_faces_back():
    target = finished()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.any_to_3d.reduce_faces(faces=4000)
    bpy.ops.ed.undo_push(message="after")
    assert len(target.data.polygons) <= 4000
    assert target.data.materials[0] is not None
    bpy.ops.ed.undo()
    assert len(bpy.data.objects["a red chair"].data.polygons) == FACES


def test_d21_a_budget_below_what_the_seams_need_is_met_and_a_new_texture_avoids_slips():
    target = finished()
    assert face_budget.strains_seams(target.data, 1500)
    assert not face_budget.strains_seams(target.data, 3000)
    bpy.ops.any_to_3d.reduce_faces(faces=1500)
    assert len(target.data.polygons) <= 1500
    target = finished()
    bpy.ops.any_to_3d.reduce_faces(faces=1500, texture="REPAINT")
    assert len(target.data.polygons) <= 1500
    assert misplaced(target) < 0.01
    assert mesh_reading.base_color_image(target).packed_file is not None


def test_d21_a_remeshed_object_is_of_quads_and_keeps_its_colours():
    target = finished()
    bpy.ops.any_to_3d.remesh_quads(faces=1500)
    corners = [len(face.vertices) for face in target.data.polygons]
    assert corners.count(4) / len(corners) > 0.98
    assert 750 < len(corners) < 3000
    assert misplaced(target) < 0.02
    uvs = np.array([each.vector for each in target.data.uv_layers.active.uv])
    assert uvs.min() >= 0
    assert uvs.max() <= 1
    assert bpy.context.mode == "OBJECT"
    assert target.select_get()


def test_d21_both_sides_of_a_thin_wall_keep_their_own_colours():
    transfer = module("objects.texture_transfer").transfer
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]], np.float32)
    front, back = np.array([[0, 1, 2], [0, 2, 3]]), np.array([[2, 1, 0], [3, 2, 0]])
    uvs = corners[:, [0, 2]] * np.float32([0.4, 1])

    def wall(thickness):
        """The front half of the image on the side at -Y, the other half on the side behind it."""
        vertices = np.concatenate([corners, corners + np.float32([0, thickness, 0])])
        faces = np.concatenate([front, back + 4]).astype(np.int32)
        return mesh_reading.Surface(vertices, faces, np.concatenate([uvs[front], uvs[back] + np.float32([0.6, 0])]))

    albedo = np.zeros((4, 10, 3), np.float32)
    albedo[:, :5, 0] = albedo[:, 5:, 2] = 1
    # Now the wall's front lies nearer to where its back was than to where its front was.
    moved = wall(0.01)
    moved.vertices[:, 1] += 0.008
    painted = transfer(wall(0.01), albedo, moved, 20)
    assert (painted[5, 3] == (255, 0, 0)).all()
    assert (painted[5, 16] == (0, 0, 255)).all()


def test_d21_a_mesh_that_cannot_be_remeshed_is_left_as_it_was_and_the_reason_said():
    target = finished()
    target.data.flip_normals()
    target.data.polygons[0].flip()
    message = raised(lambda: bpy.ops.any_to_3d.remesh_quads(faces=1500))
    assert "does not take 'a red chair'" in message, message
    assert len(target.data.polygons) == FACES
    assert misplaced(target) < 0.005


def test_d21_levels_of_detail_are_copies_in_a_collection_and_only_the_first_is_in_view():
    target = finished()
    bpy.ops.any_to_3d.make_levels_of_detail(copies=2, ratio=0.5)
    collection = bpy.data.collections["a red chair LOD"]
    levels = sorted(collection.objects, key=lambda each: each.name)
    assert [each.name for each in levels] == [f"a red chair_LOD{level}" for level in range(3)]
    assert levels[0] == target
    counts = [len(each.data.polygons) for each in levels]
    np.testing.assert_allclose(counts, [FACES, FACES / 2, FACES / 4], rtol=0.001)
    assert [each.visible_get() for each in levels] == [True, False, False]
    assert all(misplaced(each) < 0.01 for each in levels)
    assert levels[1].get("any_to_3d_prompt") == "a red chair"
    assert scene.name_of_object(ORIGIN) == "a red chair_LOD0", "the job has to find its own object"


def test_d21_levels_below_what_the_seams_need_can_have_a_texture_of_their_own():
    target = finished()
    bpy.ops.any_to_3d.make_levels_of_detail(copies=1, ratio=0.1, texture="REPAINT")
    level = bpy.data.objects["a red chair_LOD1"]
    assert len(level.data.polygons) <= FACES / 10 + 1
    assert misplaced(level) < 0.02
    assert not level.visible_get()
    assert mesh_reading.base_color_image(level) != mesh_reading.base_color_image(target)
    assert misplaced(target) < 0.005, "the object's own material was painted over"


def test_d21_making_levels_again_replaces_the_earlier_ones():
    finished()
    bpy.ops.any_to_3d.make_levels_of_detail(copies=3, ratio=0.5)
    bpy.ops.any_to_3d.make_levels_of_detail(copies=1, ratio=0.25)
    assert sorted(each.name for each in bpy.data.objects) == ["a red chair_LOD0", "a red chair_LOD1"]
    assert len(bpy.data.objects["a red chair_LOD1"].data.polygons) <= FACES / 4 + 1
    assert [each.name for each in bpy.data.collections] == ["a red chair LOD"]


def test_d21_a_collision_mesh_is_a_convex_wire_child_named_for_the_engine():
    target = finished()
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
    operators = module("operators.objects")
    assert not bpy.ops.any_to_3d.reduce_faces.poll()
    assert operators.why_not_on_meshes(bpy.context) == "Select a mesh object first"
    bpy.ops.mesh.primitive_cube_add()
    assert bpy.ops.any_to_3d.reduce_faces.poll()
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.any_to_3d.make_collision.poll()
    assert operators.why_not_on_meshes(bpy.context) == "Leave to Object Mode first"


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
