"""Claims about going on from meshes and jobs with the real ``any-to-3d serve``, whose fake profile needs no weights.

The environment names the zip and the program: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import tempfile

import bpy
import numpy as np
from addon_in_use import PROGRAM, empty_file, faces, install, link, module, preferences, pump, pump_until


def test_the_server_announces_all_that_the_panels_can_ask_for():
    install()
    empty_file()
    preferences().command = PROGRAM
    preferences().arguments = f'--profile fake --data "{tempfile.mkdtemp()}"'
    bpy.ops.any_to_3d.start_backend(use_free_port=True)
    bpy.ops.any_to_3d.wait(timeout=60)
    needed = {"refine", "continue", "until", "seen_from", "pause", "finish_now", "checkpoints"}
    assert needed <= set(link().session.backend.operations)


def test_n4_a_job_of_the_server_pauses_goes_on_and_finishes_early():
    empty_file()
    bpy.ops.any_to_3d.generate(prompt="a red chair")
    pump_until(lambda: faces("a red chair") > 0, 60)
    bpy.ops.any_to_3d.pause()
    pump_until(lambda: link().session.jobs[-1].rests, 20)
    applied = link().display.shown_count
    pump(0.5)
    assert link().display.shown_count <= applied + 1
    bpy.ops.any_to_3d.disconnect()
    bpy.ops.any_to_3d.connect()
    pump_until(lambda: link().session.connection == "connected" and link().session.jobs[-1].rests, 20)
    bpy.ops.any_to_3d.resume()
    pump_until(lambda: link().session.jobs[-1].is_over or link().display.shown_count > applied + 1, 60)
    if not link().session.jobs[-1].is_over:
        bpy.ops.any_to_3d.finish_now()
    bpy.ops.any_to_3d.wait(timeout=60)
    assert bpy.data.objects["a red chair"]["any_to_3d_is_final"]


def test_n7_a_shape_is_made_edited_and_painted():
    empty_file()
    bpy.ops.any_to_3d.generate(prompt="a red chair", preset="draft", approve_shape="YES", height=1.0)
    bpy.ops.any_to_3d.wait(timeout=90)
    target = bpy.data.objects["a red chair"]
    assert target["any_to_3d_until"]
    bpy.context.view_layer.objects.active = target
    target.select_set(True)
    for vertex in target.data.vertices:
        vertex.co.z *= 2
    bpy.context.view_layer.update()
    bpy.ops.any_to_3d.approve_shape()
    bpy.ops.any_to_3d.wait(timeout=90)
    bpy.context.view_layer.update()
    (target,) = bpy.data.objects
    assert target["any_to_3d_until"] == ""
    assert abs(target.dimensions.z - 2.0) < 0.05
    assert len(module("objects.versions").versions_of(target)) == 2


def test_n5_a_job_of_the_server_is_branched_from_what_it_has_stored():
    empty_file()
    bpy.ops.any_to_3d.generate(prompt="a red chair", preset="draft", seed=5)
    bpy.ops.any_to_3d.wait(timeout=90)
    target = bpy.data.objects["a red chair"]
    bpy.context.view_layer.objects.active = target
    job_id = target["any_to_3d_job"]
    link().ask(module("messages", "shared").ListCheckpoints(job_id))
    pump_until(lambda: link().session.checkpoints_of(job_id) is not None)
    names = [each.name for each in link().session.checkpoints_of(job_id).checkpoints]
    assert names
    bpy.ops.any_to_3d.continue_job(checkpoint=names[0], prompt="a blue chair", seed=6)
    bpy.ops.any_to_3d.wait(timeout=90)
    child, parent = bpy.context.scene.any_to_3d_history
    assert (child.outcome, child.parent) == ("finished", parent.job_id)
    assert target["any_to_3d_prompt"] == "a blue chair"


def test_a_block_out_is_refined_where_it_stands():
    empty_file()
    bpy.ops.mesh.primitive_cube_add(size=2, location=(4, 5, 2), rotation=(0, 0, 1), scale=(0.5, 1, 1.5))
    target = bpy.context.object
    bpy.context.view_layer.update()
    bpy.ops.any_to_3d.refine(prompt="a red chair", preset="draft", keep=1.0)
    bpy.ops.any_to_3d.wait(timeout=90)
    bpy.context.view_layer.update()
    assert len(module("objects.versions").versions_of(target)) == 2
    assert target.data.uv_layers.active is not None
    np.testing.assert_allclose(target.matrix_world.translation, (4, 5, 2), atol=1e-5)
