"""Saves a file with a history, for a Blender of another version. The environment names it: ANY_TO_3D_FILE."""

import os

import bpy
from addon_in_use import empty_file, install, start

install()
start()


def test_d11_a_file_with_a_history_and_its_object_is_saved():
    empty_file()
    chosen = bpy.context.scene.any_to_3d
    chosen.negative, chosen.height, chosen.result.origin = "blue", 2.0, "CENTRE"
    bpy.ops.any_to_3d.generate(prompt="ein Stuhl 椅子", seed=8, preset="draft")
    bpy.ops.any_to_3d.wait(timeout=20)
    bpy.ops.wm.save_as_mainfile(filepath=os.environ["ANY_TO_3D_FILE"])
