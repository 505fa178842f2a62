"""Claims about new colours with the real ``any-to-3d serve``, whose fake profile needs no weights.

The environment names the zip and the program: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import tempfile

import bpy
import numpy as np
from addon_in_use import PROGRAM, install, link, module, preferences, pump_until
from varied_meshes import fingerprint, image_of, make, mask_group, pixels


def test_d14_the_server_says_that_it_can_paint_objects_anew():
    install()
    make("painted")
    preferences().command = PROGRAM
    preferences().arguments = f'--profile fake --data "{tempfile.mkdtemp()}"'
    bpy.ops.any_to_3d.start_backend(use_free_port=True)
    bpy.ops.any_to_3d.wait(timeout=60)
    assert "retexture" in link().session.backend.operations


def test_d14_n10_the_server_paints_the_half_that_a_mask_allows_live_and_in_the_end():
    target = make("painted")
    own, before = pixels(image_of(target)), fingerprint(target)
    mask_group(target)
    bpy.ops.any_to_3d.retexture(prompt="a red chair", mask="GROUP", border=4)
    pump_until(lambda: link().session.jobs[-1].snapshots > 1 or link().session.jobs[-1].is_over, 60)
    bpy.ops.any_to_3d.wait(timeout=90)
    job = link().session.jobs[-1]
    assert (job.state, job.snapshots > 0) == ("finished", True), job
    new = pixels(image_of(target))
    changed = (new != own).any(axis=2)
    half = own.shape[1] // 2
    assert not changed[:, : half - 12].any()
    assert changed[:, half + 12 :].mean() > 0.5
    assert fingerprint(target) == before
    assert len(module("objects.versions").versions_of(target)) == 2


def test_d14_the_server_paints_several_materials_without_uvs_at_a_new_uv_map():
    target = make("no uvs")
    before = fingerprint(target)
    bpy.ops.any_to_3d.retexture(prompt="a red chair", preset="draft", size=256, strength=0.3)
    bpy.ops.any_to_3d.wait(timeout=90)
    after = fingerprint(target)
    assert {name: after[name] for name in before} == before
    assert [layer.name for layer in target.data.uv_layers] == ["Any to 3D"]
    assert tuple(image_of(target).size) == (256, 256)
    assert np.unique(pixels(image_of(target)).reshape(-1, 3), axis=0).shape[0] > 1
