"""Claims about the installed zip together with the real ``any-to-3d serve``, whose fake profile needs no weights.

The environment names the zip and the program: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import importlib
import os
import tempfile
import time

import bpy

# isort: split
import addon_utils  # exists once bpy is imported

PACKAGE = "bl_ext.user_default.any_to_3d"


def test_the_add_on_starts_the_server_and_sees_its_recipes():
    bpy.ops.extensions.package_install_files(
        filepath=os.environ["ANY_TO_3D_ZIP"], repo="user_default", enable_on_install=True
    )
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    preferences.command = os.environ["ANY_TO_3D_PROGRAM"]
    preferences.arguments = f'--profile fake --data "{tempfile.mkdtemp()}"'
    bpy.ops.any_to_3d.start_backend(use_free_port=True)
    bpy.ops.any_to_3d.wait(timeout=60)
    assert _session().connection == "connected"
    assert _session().recipe("").presets


def test_a_job_streams_at_least_twelve_meshes_and_ends_textured():
    bpy.ops.any_to_3d.generate(prompt="a red chair", height=0.5)
    bpy.ops.any_to_3d.wait(timeout=90)
    target = bpy.data.objects["a red chair"]
    assert target["any_to_3d_is_final"]
    assert target.data.uv_layers.active is not None
    assert _link().applied_count > 12
    bpy.context.view_layer.update()
    assert abs(target.dimensions.z - 0.5) < 1e-4


def test_cancel_is_answered_within_two_seconds():
    bpy.ops.any_to_3d.generate(prompt="a blue mug")
    deadline = time.monotonic() + 60
    while "a blue mug" not in bpy.data.objects:
        assert time.monotonic() < deadline
        _link().step()
    bpy.ops.any_to_3d.cancel()
    begun = time.monotonic()
    bpy.ops.any_to_3d.wait(timeout=10)
    assert time.monotonic() - begun < 2
    assert _session().jobs[-1].state == "cancelled"


def test_a_second_server_at_the_same_address_is_told_that_the_port_is_in_use():
    first, _link().process = _link().process, None
    said = ""
    bpy.ops.any_to_3d.disconnect()
    try:
        bpy.ops.any_to_3d.start_backend()
    except RuntimeError as error:
        said = str(error)
    _link().process = first
    assert "in use" in said


def test_the_server_ends_with_the_add_on():
    process = _link().process
    addon_utils.disable(PACKAGE)
    assert not process.is_alive


def _link():
    return importlib.import_module(f"{PACKAGE}.blender_addon.pump").link()


def _session():
    return _link().session
