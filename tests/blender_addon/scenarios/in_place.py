"""Claims about jobs that begin with an object: refined, approved after a look at its shape, branched off another job.

The stand-in for the backend gives back just the mesh that it was sent, so a result must lie exactly on its source.
The environment names the zip and a program that plays the backend: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import math
import tempfile
import types
from pathlib import Path

import bpy
import numpy as np
from addon_in_use import cancel, empty_file, faces, install, link, module, pump, pump_until, raised, start
from drawn import Drawn, drawn_panel

install()
start()

versions = module("objects.versions")
shape_mark = module("objects.shape_mark")


# --- refine -----------------------------------------------------------------------------------------------------------


def test_a_refined_block_out_stays_in_its_place_size_and_turn_as_a_new_version():
    target = _blockout()
    before = _world(target)
    collections = [each.name for each in target.users_collection]
    _refine("a red chair")
    target = bpy.data.objects["Blockout"]
    np.testing.assert_allclose(_bounds(_world(target)), _bounds(before), atol=1e-5)
    assert len(bpy.data.objects) == 1
    assert target.visible_get()
    assert [each.name for each in target.users_collection] == collections
    assert [(each.number, each.is_shown) for each in versions.versions_of(target)] == [(1, False), (2, True)]
    assert target["any_to_3d_prompt"] == "a red chair"
    assert target.data.uv_layers.active is not None
    versions.show_version(target, 1)
    assert len(target.data.polygons) == 6
    np.testing.assert_allclose(_world(target), before, atol=1e-6)


def test_what_is_sent_is_the_shape_as_seen_with_its_own_front_in_front():
    target = _blockout()
    sent = _refine("a red chair").mesh
    # A cube of 2 with scale 0.5, 1, 1.5: 1 wide, 2 deep, 3 high, however it is turned.
    size = np.ptp(sent.vertices, axis=0)
    np.testing.assert_allclose(size / size[2], [1 / 3, 2 / 3, 1], atol=1e-5)
    assert np.linalg.norm(sent.vertices, axis=1).max() < 1.0
    assert not sent.has_uvs
    assert target.name == "Blockout"


def test_modifiers_are_sent_along_and_then_the_old_object_is_hidden_beside_the_new_one():
    target = _blockout()
    target.modifiers.new("Array", "ARRAY").count = 2
    bpy.context.view_layer.update()
    before = _world(target)
    _refine("a red chair")
    made, old = bpy.data.objects["Blockout"], bpy.data.objects["Blockout (replaced)"]
    np.testing.assert_allclose(_bounds(_world(made)), _bounds(before), atol=1e-5)
    assert not made.modifiers
    assert [each.type for each in old.modifiers] == ["ARRAY"]
    assert (made.visible_get(), old.visible_get()) == (True, False)


def test_a_mirrored_object_is_sent_and_comes_back_with_its_outside_outside():
    target = _blockout()
    target.scale.x = -0.5
    bpy.context.view_layer.update()
    before = _world(target)
    sent = _refine("a red chair").mesh
    assert _volume(sent.vertices, sent.faces) > 0, "the faces that were sent look inwards"
    target = bpy.data.objects["Blockout"]
    np.testing.assert_allclose(_bounds(_world(target)), _bounds(before), atol=1e-5)
    mesh = target.data
    mesh.calc_loop_triangles()
    triangles = np.array([each.vertices[:] for each in mesh.loop_triangles])
    assert _volume(np.array([vertex.co[:] for vertex in mesh.vertices]), triangles) > 0


def test_one_undo_takes_the_refinement_back_and_redo_brings_it_again():
    _blockout()
    bpy.ops.ed.undo_push(message="before")
    _refine("a red chair")
    bpy.ops.ed.undo()
    pump(0.1)
    target = bpy.data.objects["Blockout"]
    assert (len(target.data.polygons), len(versions.versions_of(target))) == (6, 0)
    assert target.visible_get()
    assert len(bpy.data.objects) == 1
    bpy.ops.ed.redo()
    pump(0.1)
    target = bpy.data.objects["Blockout"]
    assert [each.is_shown for each in versions.versions_of(target)] == [False, True]
    assert len(bpy.data.objects) == 1


def test_undo_in_mid_job_does_not_make_it_forget_what_it_refines():
    _blockout()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.any_to_3d.refine(prompt="slow chair")
    pump_until(lambda: "slow chair" in bpy.data.objects)
    bpy.ops.mesh.primitive_uv_sphere_add()
    bpy.ops.ed.undo_push(message="the artist adds a sphere")
    bpy.ops.ed.undo()
    applied = link().display.shown_count
    pump_until(lambda: link().display.shown_count >= applied + 2)
    assert not bpy.data.objects["Blockout"].visible_get()
    bpy.ops.any_to_3d.finish_now()
    bpy.ops.any_to_3d.wait(timeout=10)
    assert [each.name for each in bpy.data.objects] == ["Blockout"]


def test_after_a_step_in_mid_job_one_undo_gives_the_block_out_back():
    _blockout()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.any_to_3d.refine(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    bpy.ops.ed.undo_push(message="the artist does something")
    bpy.ops.any_to_3d.finish_now()
    bpy.ops.any_to_3d.wait(timeout=10)
    bpy.ops.ed.undo()
    pump(0.1)
    (target,) = bpy.data.objects
    assert (target.name, len(target.data.polygons), len(versions.versions_of(target))) == ("Blockout", 6, 0)
    assert target.visible_get()
    assert target.get("any_to_3d_replaced_by") is None
    bpy.ops.ed.redo()
    pump(0.1)
    (target,) = bpy.data.objects
    assert len(versions.versions_of(target)) == 2


def test_after_a_step_in_mid_job_an_undone_cancellation_gives_the_block_out_back_too():
    _blockout()
    bpy.ops.any_to_3d.refine(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    bpy.ops.ed.undo_push(message="the artist does something")
    cancel()
    bpy.ops.ed.undo()
    pump(0.1)
    assert bpy.data.objects["Blockout"].visible_get()
    assert bpy.data.objects["Blockout"].get("any_to_3d_replaced_by") is None


def test_a_growing_shape_that_is_renamed_passes_its_name_on():
    _blockout()
    bpy.ops.any_to_3d.refine(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    bpy.data.objects["slow chair"].name = "Möbel"
    bpy.ops.any_to_3d.finish_now()
    bpy.ops.any_to_3d.wait(timeout=10)
    assert [(each.name, len(versions.versions_of(each))) for each in bpy.data.objects] == [("Möbel", 2)]


def test_a_growing_shape_that_is_deleted_shows_the_block_out_and_can_be_made_again_in_its_place():
    before = _bounds(_world(_blockout()))
    bpy.ops.any_to_3d.refine(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    bpy.data.objects.remove(bpy.data.objects["slow chair"])
    pump_until(lambda: bpy.data.objects["Blockout"].visible_get())
    bpy.ops.any_to_3d.finish_now()
    bpy.ops.any_to_3d.wait(timeout=10)
    request_id = link().session.jobs[-1].origin.request_id
    bpy.data.objects["Blockout"].pop("any_to_3d_replaced_by")  # as an undo does
    assert link().display.missing == {link().session.jobs[-1].job_id}
    bpy.ops.any_to_3d.recreate(request_id=request_id)
    bpy.ops.any_to_3d.wait(timeout=10)
    (target,) = bpy.data.objects
    assert (target.name, len(versions.versions_of(target)), target.visible_get()) == ("Blockout", 2, True)
    np.testing.assert_allclose(_bounds(_world(target)), before, atol=1e-5)


def test_a_cancelled_refinement_gives_the_block_out_back():
    _blockout()
    bpy.ops.any_to_3d.refine(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    assert not bpy.data.objects["Blockout"].visible_get()
    cancel()
    target = bpy.data.objects["Blockout"]
    assert target.visible_get()
    assert (len(target.data.polygons), len(versions.versions_of(target))) == (6, 0)


def test_d9_the_mesh_of_a_cancelled_refinement_stays_until_the_artist_removes_it():
    _blockout()
    bpy.ops.any_to_3d.refine(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    asked = link().session.jobs[-1].origin.request_id
    cancel()
    assert faces("slow chair") == 12
    assert bpy.data.objects["Blockout"].visible_get()
    bpy.ops.any_to_3d.remove_unfinished(request_id=asked)
    assert [(each.name, each.visible_get()) for each in bpy.data.objects] == [("Blockout", True)]
    assert len(bpy.data.meshes) == 1


def test_a_block_out_that_was_renamed_and_saved_in_mid_job_is_found_again():
    _blockout()
    bpy.ops.any_to_3d.refine(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    bpy.data.objects["Blockout"].name = "Möbel"
    path = str(Path(tempfile.mkdtemp()) / "mid.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    empty_file()
    bpy.ops.wm.open_mainfile(filepath=path)
    bpy.ops.any_to_3d.finish_now()
    bpy.ops.any_to_3d.wait(timeout=10)
    assert [each.name for each in bpy.data.objects] == ["Möbel"]
    assert len(versions.versions_of(bpy.data.objects["Möbel"])) == 2


def test_a_block_out_deleted_in_mid_job_leaves_the_result_as_an_object_of_its_own():
    before = _world(_blockout())
    bpy.ops.any_to_3d.refine(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    bpy.data.objects.remove(bpy.data.objects["Blockout"])
    bpy.ops.any_to_3d.finish_now()
    bpy.ops.any_to_3d.wait(timeout=10)
    made = bpy.data.objects["slow chair"]
    assert made["any_to_3d_is_final"]
    np.testing.assert_allclose(_bounds(_world(made)), _bounds(before), atol=1e-5)


def test_the_result_waits_while_the_old_object_is_in_edit_mode():
    _blockout()
    bpy.ops.any_to_3d.refine(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    old = bpy.data.objects["Blockout"]
    old.hide_set(False)
    bpy.context.view_layer.objects.active = old
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.any_to_3d.finish_now()
    pump(0.3)
    assert len(bpy.data.objects) == 2
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.ops.any_to_3d.wait(timeout=10)
    assert len(bpy.data.objects) == 1


def test_where_the_artist_moves_the_growing_shape_the_object_goes_along():
    _blockout()
    bpy.ops.any_to_3d.refine(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    bpy.data.objects["slow chair"].location.x += 5
    bpy.context.view_layer.update()
    bpy.ops.any_to_3d.finish_now()
    bpy.ops.any_to_3d.wait(timeout=10)
    bpy.context.view_layer.update()
    assert math.isclose(bpy.data.objects["Blockout"].matrix_world.translation.x, 9, abs_tol=1e-5)


def test_the_panels_prompt_and_keep_are_used_and_a_flat_scale_is_refused():
    target = _blockout()
    bpy.context.scene.any_to_3d.iteration.keep = 0.25
    assert math.isclose(_refine("a red chair").keep, 0.25, rel_tol=1e-6)
    target = _blockout()
    target.scale.z = 0
    bpy.context.view_layer.update()
    assert "scale of 0" in raised(lambda: bpy.ops.any_to_3d.refine(prompt="a red chair"))
    bpy.ops.any_to_3d.dismiss()
    bpy.ops.object.select_all(action="DESELECT")
    assert not bpy.ops.any_to_3d.refine.poll()


# --- the phase gate ---------------------------------------------------------------------------------------------------


def test_n7_an_approved_shape_is_painted_in_place_without_being_sent_again():
    target = _shape()
    assert (target["any_to_3d_until"], shape_mark.is_untouched(target)) == ("geometry", True)
    before = _world(target)
    bpy.ops.any_to_3d.approve_shape()
    submit = link().session.jobs[-1].submit
    assert (submit.source.checkpoint, submit.source.mesh, submit.prompts) == ("geometry", None, ())
    bpy.ops.any_to_3d.wait(timeout=20)
    target = bpy.data.objects["a red chair"]
    np.testing.assert_allclose(_bounds(_world(target)), _bounds(before), atol=1e-5)
    assert (target["any_to_3d_until"], len(versions.versions_of(target))) == ("", 2)
    assert target["any_to_3d_parent"] == submit.source.job_id
    assert not bpy.ops.any_to_3d.approve_shape.poll()


def test_n7_a_shape_edited_by_hand_is_sent_and_the_texture_comes_on_the_edited_one():
    target = _shape()
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.transform.resize(value=(1, 1, 2))
    # The button is pressed without leaving the mode.
    bpy.ops.any_to_3d.approve_shape()
    assert bpy.context.object.mode == "EDIT"
    sent = link().session.jobs[-1].submit.source.mesh
    size = np.ptp(sent.vertices, axis=0)
    np.testing.assert_allclose(size / size[0], [1, 1, 2], atol=1e-5)
    bpy.ops.object.mode_set(mode="OBJECT")
    before = _world(target)
    bpy.ops.any_to_3d.wait(timeout=20)
    target = bpy.data.objects["a red chair"]
    np.testing.assert_allclose(_bounds(_world(target)), _bounds(before), atol=1e-5)
    assert len(bpy.data.objects) == 1


def test_n7_moving_the_object_is_no_edit_and_moving_a_vertex_is_one_also_after_a_reload():
    target = _shape()
    target.location.x, target.scale.z = 7, 2
    assert shape_mark.is_untouched(target)
    path = str(Path(tempfile.mkdtemp()) / "shape.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    target = bpy.data.objects["a red chair"]
    assert shape_mark.is_untouched(target)
    target.data.vertices[0].co.x += 0.01
    assert not shape_mark.is_untouched(target)
    target.data.vertices[0].co.x -= 0.01
    target.modifiers.new("Smooth", "SMOOTH")
    assert not shape_mark.is_untouched(target)


def test_n7_a_discarded_shape_goes_and_undo_brings_it_back():
    _shape()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.any_to_3d.discard_shape()
    bpy.ops.ed.undo_push(message="discarded")
    assert len(bpy.data.objects) == len(bpy.data.meshes) == 0
    bpy.ops.ed.undo()
    assert bpy.data.objects["a red chair"]["any_to_3d_until"] == "geometry"


def test_n7_a_discarded_shape_of_a_block_out_leaves_the_block_out():
    _blockout()
    bpy.context.scene.any_to_3d.iteration.approve_shape = True
    _refine("a red chair")
    assert link().session.jobs[-1].origin.until == "geometry"
    bpy.ops.any_to_3d.discard_shape()
    target = bpy.data.objects["Blockout"]
    assert (len(target.data.polygons), target.get("any_to_3d_until")) == (6, None)
    assert not bpy.ops.any_to_3d.discard_shape.poll()


# --- branches ---------------------------------------------------------------------------------------------------------


def test_n5_a_branch_of_the_active_object_becomes_its_version_and_stands_below_its_parent():
    first = _generated("a red chair", seed=5)
    bpy.ops.any_to_3d.continue_job(checkpoint="geometry", prompt="a blue chair", seed=6)
    submit = link().session.jobs[-1].submit
    assert (submit.source.job_id, submit.source.checkpoint, submit.seed) == (first, "geometry", 6)
    bpy.ops.any_to_3d.wait(timeout=20)
    (target,) = bpy.data.objects
    assert [each.label for each in versions.versions_of(target)] == ["Original", "a blue chair"]
    child, parent = bpy.context.scene.any_to_3d_history
    assert (child.parent, parent.parent, child.settings.seed) == (parent.job_id, "", 6)
    assert target["any_to_3d_parent"] == first


def test_n5_more_steps_keep_prompt_seed_and_preset():
    first = _generated("a red chair", seed=5, preset="draft")
    bpy.ops.any_to_3d.continue_job(more_steps=500)
    submit = link().session.jobs[-1].submit
    assert (submit.source.job_id, submit.source.more_steps) == (first, 500)
    assert (submit.prompts, submit.seed, submit.preset) == ((), 5, "draft")
    bpy.ops.any_to_3d.wait(timeout=20)
    assert bpy.data.objects[0]["any_to_3d_prompt"] == "a red chair"


def test_n5_several_branches_of_one_object_wait_for_their_turn_and_all_become_its_versions():
    _generated("a red chair", seed=5)
    for seed in (6, 7, 8):
        bpy.ops.any_to_3d.continue_job(seed=seed)
    bpy.ops.any_to_3d.wait(timeout=30)
    (target,) = bpy.data.objects
    assert len(versions.versions_of(target)) == 4
    assert sorted(entry.settings.seed for entry in bpy.context.scene.any_to_3d_history) == [5, 6, 7, 8]
    assert target.visible_get()
    assert target.get("any_to_3d_replaced_by") is None
    seen = set()
    for _ in range(4):
        seen.add(target["any_to_3d_seed"])
        bpy.ops.any_to_3d.version_next()
    assert seen == {5, 6, 7, 8}


def test_n5_a_branch_of_a_version_that_is_not_shown_stands_as_that_one_did():
    _shape()
    first = bpy.context.scene.any_to_3d_history[0].request_id
    target = bpy.data.objects["a red chair"]
    before = _bounds(_world(target))
    for vertex in target.data.vertices:
        vertex.co.z *= 3
    bpy.ops.any_to_3d.approve_shape()
    bpy.ops.any_to_3d.wait(timeout=20)
    np.testing.assert_allclose(_bounds(_world(target))[1, 2], 3 * before[1, 2], atol=1e-5)
    # From the shape as it was before it was edited: as high as was asked for then.
    bpy.ops.any_to_3d.continue_job(request_id=first, checkpoint="geometry", seed=4)
    bpy.ops.any_to_3d.wait(timeout=20)
    assert len(bpy.data.objects) == 1
    np.testing.assert_allclose(_bounds(_world(target)), before, atol=1e-5)


def test_n5_select_object_shows_the_version_of_the_entry():
    _generated("a red chair", seed=5)
    bpy.ops.any_to_3d.continue_job(seed=6)
    bpy.ops.any_to_3d.wait(timeout=20)
    (target,) = bpy.data.objects
    newer, older = (entry.request_id for entry in bpy.context.scene.any_to_3d_history)
    target.select_set(False)
    bpy.ops.any_to_3d.bring_back(request_id=older)
    assert (target["any_to_3d_seed"], target.select_get()) == (5, True)
    bpy.ops.any_to_3d.bring_back(request_id=newer)
    assert target["any_to_3d_seed"] == 6
    assert len(bpy.data.objects) == 1


def test_n5_a_cancelled_branch_leaves_the_others_and_the_object():
    _generated("a red chair", seed=5)
    bpy.ops.any_to_3d.continue_job(prompt="slow chair")
    pump_until(lambda: faces("slow chair") == 12)
    slow = link().session.jobs[-1].origin.request_id
    bpy.ops.any_to_3d.continue_job(seed=7)
    pump_until(lambda: len(link().session.active_jobs) == 1)
    target = bpy.data.objects["a red chair"]
    assert not target.visible_get(), "the slow one still grows in its place"
    bpy.ops.any_to_3d.cancel(request_id=slow)
    bpy.ops.any_to_3d.wait(timeout=10)
    assert target.visible_get()
    assert [target["any_to_3d_seed"], len(versions.versions_of(target))] == [7, 2]


def test_n5_a_branch_of_an_entry_whose_object_is_gone_stands_at_the_cursor():
    _generated("a red chair")
    bpy.data.objects.remove(bpy.data.objects["a red chair"])
    bpy.context.scene.cursor.location = (3, 0, 0)
    bpy.ops.any_to_3d.continue_job(request_id=bpy.context.scene.any_to_3d_history[0].request_id, seed=9)
    bpy.ops.any_to_3d.wait(timeout=20)
    assert tuple(bpy.data.objects["a red chair"].location) == (3, 0, 0)


def test_n5_a_branch_may_become_an_object_of_its_own():
    _generated("a red chair")
    bpy.context.scene.cursor.location = (3, 0, 0)
    bpy.ops.any_to_3d.continue_job(prompt="a blue chair", as_version=False)
    bpy.ops.any_to_3d.wait(timeout=20)
    assert sorted(each.name for each in bpy.data.objects) == ["a blue chair", "a red chair"]


def test_n5_what_is_not_stored_any_more_is_said_with_what_there_is():
    first = _generated("a red chair")
    messages = module("messages", "shared")
    link().ask(messages.ListCheckpoints(first))
    pump_until(lambda: link().session.checkpoints_of(first) is not None)
    assert "there is coarse, geometry" in raised(lambda: bpy.ops.any_to_3d.continue_job(checkpoint="texture"))
    link().apply(messages.Checkpoints(first, ()))
    assert "nothing stored of this job any more" in raised(bpy.ops.any_to_3d.continue_job)
    bpy.ops.any_to_3d.dismiss()
    empty_file()
    assert "Select a generated object" in raised(bpy.ops.any_to_3d.continue_job)
    bpy.ops.any_to_3d.dismiss()


def test_n5_the_dialog_suggests_what_is_stored_and_what_presets_there_are():
    first = _generated("a red chair")
    branching = module("operators.branching")
    link().ask(module("messages", "shared").ListCheckpoints(first))
    pump_until(lambda: link().session.checkpoints_of(first) is not None)
    given = types.SimpleNamespace(request_id="")
    assert branching._checkpoint_names(given, bpy.context, "") == ["coarse", "geometry"]
    assert branching._preset_names(given, bpy.context, "") == ["draft", "standard"]
    drawn = Drawn()
    stand_in = types.SimpleNamespace(layout=drawn, request_id="")
    branching.ContinueJob.draw(stand_in, bpy.context)
    assert drawn.fields == ["checkpoint", "prompt", "preset", "seed", "more_steps", "as_version"]
    assert "Stored: coarse (40 of 40 steps), geometry" in drawn.text


def test_n5_the_history_panel_indents_branches_and_folds_them():
    _generated("a red chair")
    bpy.ops.any_to_3d.continue_job(seed=3)
    bpy.ops.any_to_3d.wait(timeout=20)
    bpy.context.scene.any_to_3d_history_index = 0
    panel, tree = module("panels.history"), module("history.tree")
    listed = bpy.context.scene.any_to_3d_history
    assert [(row.index, row.depth) for row in tree.rows(panel._leaves(listed))] == [(1, 0), (0, 1)]
    listed[1].is_folded = True
    assert [row.is_hidden for row in tree.rows(panel._leaves(listed))] == [False, True]
    assert "any_to_3d.continue_job" in drawn_panel(panel.HistoryPanel).buttons


def _blockout():
    """A cube with a scale of its own, turned, in a collection, selected and active; in an empty file."""
    empty_file()
    bpy.context.scene.any_to_3d.iteration.approve_shape = False
    bpy.ops.mesh.primitive_cube_add(size=2, location=(4, 5, 2), rotation=(0.3, 0, 1), scale=(0.5, 1, 1.5))
    target = bpy.context.object
    target.name = "Blockout"
    furniture = bpy.data.collections.new("Furniture")
    bpy.context.scene.collection.children.link(furniture)
    furniture.objects.link(target)
    bpy.context.scene.collection.objects.unlink(target)
    bpy.context.view_layer.update()
    return target


def _refine(prompt):
    """Refine the active object, and wait; what was sent."""
    bpy.ops.any_to_3d.refine(prompt=prompt)
    source = link().session.jobs[-1].submit.source
    bpy.ops.any_to_3d.wait(timeout=20)
    bpy.context.view_layer.update()
    return source


def _generated(prompt, **options):
    """Generate an object in an empty file, selected and active; the job's id."""
    empty_file()
    bpy.ops.any_to_3d.generate(prompt=prompt, **options)
    bpy.ops.any_to_3d.wait(timeout=20)
    target = bpy.data.objects[prompt]
    target.select_set(True)
    bpy.context.view_layer.objects.active = target
    bpy.context.view_layer.update()
    return target["any_to_3d_job"]


def _shape():
    """A shape that is to be approved."""
    _generated("a red chair", approve_shape="YES")
    return bpy.data.objects["a red chair"]


def _world(target):
    """Its evaluated vertices in the world."""
    seen = target.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([(seen.matrix_world @ vertex.co)[:] for vertex in seen.data.vertices])


def _bounds(points):
    return np.array([points.min(axis=0), points.max(axis=0)])


def _volume(vertices, triangles):
    """Positive where the faces look outwards."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)
