"""Opens a file with a history that a Blender of another version saved. The environment names it: ANY_TO_3D_FILE."""

import importlib
import os

import bpy
import numpy as np
from addon_in_use import PACKAGE, install, link, start

install()
start()


def test_d11_the_history_of_another_version_has_settings_and_picture_and_is_used_again():
    bpy.ops.wm.open_mainfile(filepath=os.environ["ANY_TO_3D_FILE"])
    (entry,) = bpy.context.scene.any_to_3d_history
    assert (entry.title, entry.outcome, entry.settings.seed) == ("ein Stuhl 椅子", "finished", 8)
    assert (entry.settings.negative, entry.settings.height, entry.settings.result.origin) == ("blue", 2.0, "CENTRE")
    picture = importlib.import_module(f"{PACKAGE}.blender_addon.history.picture").unpacked(entry.thumbnail)
    assert np.count_nonzero(picture[..., 3]) > 500
    bpy.ops.any_to_3d.use_settings(request_id=entry.request_id)
    assert bpy.context.scene.any_to_3d.preset == "draft"
    bpy.ops.any_to_3d.generate_again(request_id=entry.request_id)
    bpy.ops.any_to_3d.wait(timeout=20)
    assert link().session.jobs[-1].state == "finished"


def test_d11_the_object_of_another_version_has_its_provenance_material_and_uvs():
    target = bpy.data.objects["ein Stuhl 椅子"]
    assert target["any_to_3d_is_final"]
    assert target["any_to_3d_seed"] == 8
    assert target.data.uv_layers.active is not None
    image = next(node.image for node in target.data.materials[0].node_tree.nodes if node.type == "TEX_IMAGE")
    assert image.packed_file is not None
