"""Claims about looking back at how an object grew, in the installed add-on, and about its versions' keys.

The environment names the zip and a program that plays the backend: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import tempfile
import types
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
from addon_in_use import PACKAGE, empty_file, install, link, module, raised, start
from drawn import Drawn, drawn_panel

# isort: split
import addon_utils  # exists once bpy is imported

install()
start()

versions = module("objects.versions")


def test_n8_every_streamed_frame_can_be_looked_at_and_the_final_shape_comes_back():
    target = _generated()
    final, count = target.data.name, len(link().display.frames.frames(target["any_to_3d_job"]))
    assert count == 12
    seen = set()
    for number in range(count):
        bpy.ops.any_to_3d.show_frame(frame=number)
        seen.add((len(target.data.polygons), round(target.data.vertices[7].co.x, 4)))
        assert target.data.name != final
    # Each stands at the same height; the first two have fewer faces than the cube.
    assert {faces for faces, _ in seen} == {4, 8, 12}
    bpy.ops.any_to_3d.show_frame(frame=-1)
    assert (target.data.name, len(bpy.data.meshes), len(bpy.data.materials)) == (final, 1, 1)
    assert target.data.uv_layers.active is not None
    assert target.get("any_to_3d_final_mesh") is None


def test_n8_the_slider_runs_from_the_first_frame_to_the_final_shape():
    target = _generated()
    assert target.any_to_3d_growth == 100
    target.any_to_3d_growth = 0
    assert len(target.data.polygons) == 4
    target.any_to_3d_growth = 50
    assert abs(target.any_to_3d_growth - 50) < 1e-4
    assert len(target.data.polygons) == 12
    target.any_to_3d_growth = 100
    assert target.data.uv_layers.active is not None


def test_n8_a_frame_stands_where_the_object_stands():
    target = _generated()
    target.location = (5, 0, 0)
    final = _corners(target)
    bpy.ops.any_to_3d.show_frame(frame=11)
    np.testing.assert_allclose(_corners(target), final, atol=1e-5)
    bpy.ops.any_to_3d.keep_frame()
    made = bpy.context.view_layer.objects.active
    assert made != target
    np.testing.assert_allclose(_corners(made), final, atol=1e-5)
    assert target.data.uv_layers.active is not None
    assert made.get("any_to_3d_request") is None


def test_n8_a_file_saved_while_a_frame_is_shown_holds_the_final_shape():
    target = _generated()
    bpy.ops.any_to_3d.show_frame(frame=0)
    path = str(Path(tempfile.mkdtemp()) / "frame.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    assert target.data.uv_layers.active is not None
    bpy.ops.wm.open_mainfile(filepath=path)
    target = bpy.data.objects["a red chair"]
    assert len(target.data.polygons) == 12
    assert target.data.uv_layers.active is not None
    assert len(bpy.data.meshes) == 1


def test_n8_undo_and_redo_while_a_frame_is_shown_leave_no_wrong_shape():
    _generated()
    bpy.ops.ed.undo_push(message="finished")
    bpy.ops.any_to_3d.show_frame(frame=0)
    bpy.ops.ed.undo_push(message="frame")
    bpy.ops.ed.undo()
    target = bpy.data.objects["a red chair"]
    assert (target.any_to_3d_growth, len(target.data.polygons)) == (100, 12)
    bpy.ops.ed.redo()
    target = bpy.data.objects["a red chair"]
    assert (target.any_to_3d_growth, len(target.data.polygons)) == (0, 4)
    bpy.context.view_layer.objects.active = target
    bpy.ops.any_to_3d.show_frame(frame=-1)
    assert bpy.data.objects["a red chair"].data.uv_layers.active is not None


def test_n8_nothing_is_sent_or_reduced_while_a_frame_is_shown():
    _generated()
    bpy.ops.any_to_3d.show_frame(frame=0)
    assert not bpy.ops.any_to_3d.reduce_faces.poll()
    assert not bpy.ops.any_to_3d.refine.poll()
    bpy.ops.any_to_3d.show_frame(frame=-1)
    assert bpy.ops.any_to_3d.refine.poll()


def test_n8_another_version_ends_the_look_at_a_frame():
    target = _generated()
    bpy.ops.any_to_3d.continue_job(seed=3)
    bpy.ops.any_to_3d.wait(timeout=20)
    meshes = {each.mesh for each in versions.versions_of(target)}
    bpy.ops.any_to_3d.show_frame(frame=0)
    bpy.ops.any_to_3d.version_previous()
    assert [each.is_shown for each in versions.versions_of(target)] == [True, False]
    assert {each.mesh for each in versions.versions_of(target)} == meshes
    assert target.data.uv_layers.active is not None
    # The frames are now those of the job that made this version.
    bpy.ops.any_to_3d.show_frame(frame=2)
    bpy.ops.any_to_3d.version_next()
    assert {each.mesh for each in versions.versions_of(target)} == meshes
    assert len(bpy.data.meshes) == 2


def test_n8_in_edit_mode_a_frame_is_not_shown():
    target = _generated()
    bpy.ops.object.mode_set(mode="EDIT")
    assert "Leave to Object Mode" in raised(lambda: bpy.ops.any_to_3d.show_frame(frame=0))
    target.any_to_3d_growth = 0
    assert target.any_to_3d_growth == 100
    bpy.ops.object.mode_set(mode="OBJECT")


def test_n8_the_panel_has_versions_and_scrubber_only_where_there_are_some():
    empty_file()
    panel = module("panels.iteration").VersionsPanel
    bpy.ops.mesh.primitive_cube_add()
    assert not panel.poll(bpy.context)
    _generated()
    assert panel.poll(bpy.context)
    drawn = drawn_panel(panel)
    assert drawn.fields == ["any_to_3d_growth"]
    bpy.ops.any_to_3d.continue_job(seed=3)
    bpy.ops.any_to_3d.wait(timeout=20)
    drawn = drawn_panel(panel)
    assert "2 of 2" in drawn.text
    assert {"any_to_3d.version_previous", "any_to_3d.version_next"} <= set(drawn.buttons)


def test_n7_the_panel_of_a_shape_to_approve_shows_only_for_one():
    panel = module("panels.iteration").ApprovalPanel
    _generated()
    assert not panel.poll(bpy.context)
    _generated(approve_shape="YES")
    assert panel.poll(bpy.context)
    assert {"any_to_3d.approve_shape", "any_to_3d.discard_shape"} <= set(drawn_panel(panel).buttons)


def test_n5_the_history_list_draws_its_entries_indented_in_the_order_of_the_tree():
    _generated()
    bpy.ops.any_to_3d.continue_job(prompt="a blue chair")
    bpy.ops.any_to_3d.wait(timeout=20)
    scene, rows = bpy.context.scene, module("panels.history").HistoryList
    stand_in = types.SimpleNamespace(filter_name="", bitflag_filter_item=1)
    flags, order = rows.filter_items(stand_in, bpy.context, scene, "any_to_3d_history")
    # The branch is the newer one, but stands below what it goes on from.
    assert (flags, order) == ([1, 1], [1, 0])
    drawn = Drawn()
    for index, item in enumerate(scene.any_to_3d_history):
        rows.draw_item(stand_in, bpy.context, drawn, scene, item, 0, scene, "any_to_3d_history_index", index)
    assert drawn.texts == ["", "a blue chair", "seed 0", "a red chair", "seed 0"]
    assert drawn.fields == ["is_folded"]
    stand_in.filter_name = "blue"
    assert rows.filter_items(stand_in, bpy.context, scene, "any_to_3d_history")[0] == [1, 0]
    scene.any_to_3d_history[1].is_folded, stand_in.filter_name = True, ""
    assert rows.filter_items(stand_in, bpy.context, scene, "any_to_3d_history")[0] == [0, 1]


def test_n18_the_new_panels_draw_with_and_without_a_backend_and_say_what_it_cannot_do():
    _generated()
    for name in ("prompt.PromptPanel", "generation.GenerationPanel", "progress.ProgressPanel", "iteration.RefinePanel"):
        file, _, panel = name.partition(".")
        assert drawn_panel(getattr(module(f"panels.{file}"), panel)).buttons
    refine = module("panels.iteration").RefinePanel
    assert "any_to_3d.refine" not in drawn_panel(refine).greyed
    session = link().session
    link().session = replace(session, backend=replace(session.backend, operations=()))
    bpy.context.scene.any_to_3d.iteration.approve_shape = True
    assert "cannot stop after the shape" in drawn_panel(module("panels.generation").GenerationPanel).text
    bpy.context.scene.any_to_3d.iteration.approve_shape = False
    assert "cannot stop" not in drawn_panel(module("panels.generation").GenerationPanel).text
    drawn = drawn_panel(refine)
    assert {"any_to_3d.refine", "any_to_3d.continue_job"} <= drawn.greyed
    assert "cannot begin with a mesh" in drawn.text
    assert not bpy.ops.any_to_3d.refine.poll()
    assert not bpy.ops.any_to_3d.pause.poll()
    bpy.ops.any_to_3d.disconnect()
    assert "No backend is connected" in drawn_panel(refine).text
    bpy.ops.any_to_3d.connect()
    bpy.ops.any_to_3d.wait(timeout=10)


def test_d25_the_keys_are_taken_back_with_the_add_on():
    added = bpy.context.window_manager.keyconfigs.addon
    addon_utils.disable(PACKAGE)
    named = [item.idname for keys in added.keymaps for item in keys.keymap_items]
    assert not [name for name in named if name.startswith("any_to_3d")]
    assert not hasattr(bpy.types.Object, "any_to_3d_growth")
    addon_utils.enable(PACKAGE)
    named = [item.idname for keys in added.keymaps for item in keys.keymap_items]
    assert sorted(name for name in named if name.startswith("any_to_3d")) == [
        "any_to_3d.version_next",
        "any_to_3d.version_previous",
    ]


def _generated(**options):
    empty_file()
    bpy.ops.any_to_3d.generate(prompt="a red chair", **options)
    bpy.ops.any_to_3d.wait(timeout=20)
    target = bpy.data.objects["a red chair"]
    target.select_set(True)
    bpy.context.view_layer.objects.active = target
    return target


def _corners(target):
    bpy.context.view_layer.update()
    points = np.array([(target.matrix_world @ vertex.co)[:] for vertex in target.data.vertices])
    return np.array([points.min(axis=0), points.max(axis=0)])
