"""What the scenarios do with the installed add-on: press its operators, pump, look. Runs inside Blender."""

import importlib
import os
import time

import bpy

PACKAGE = "bl_ext.user_default.any_to_3d"
PROGRAM = os.environ["ANY_TO_3D_PROGRAM"]


def install():
    """Install and enable the zip that the environment names, by Blender's own operator."""
    bpy.ops.extensions.package_install_files(
        filepath=os.environ["ANY_TO_3D_ZIP"], repo="user_default", enable_on_install=True
    )


def module(name, package="blender_addon"):
    """A module of the installed add-on."""
    return importlib.import_module(f"{PACKAGE}.{package}.{name}")


def pump_module():
    return module("pump")


def cut_out_icons():
    return importlib.import_module(f"{PACKAGE}.blender_addon.cut_out_icons")


def link():
    return pump_module().link()


def preferences():
    return bpy.context.preferences.addons[PACKAGE].preferences


def free_port():
    return importlib.import_module(f"{PACKAGE}.blender_addon.connection.backend_process").free_port()


def start():
    if bpy.ops.any_to_3d.stop_backend.poll():
        bpy.ops.any_to_3d.stop_backend()
    preferences().command = PROGRAM
    bpy.ops.any_to_3d.start_backend(use_free_port=True)
    bpy.ops.any_to_3d.wait(timeout=60)


def empty_file():
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)


def faces(name):
    target = bpy.data.objects.get(name)
    return len(target.data.polygons) if target else 0


def cancel():
    bpy.ops.any_to_3d.cancel()
    bpy.ops.any_to_3d.wait(timeout=10)


def pump(seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        link().step()
        time.sleep(0.005)


def pump_until(is_so, seconds=30):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so within {seconds} s; session: {link().session}"
        link().step()
        time.sleep(0.005)


def wait_until(is_so, seconds=20):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def raised(action):
    """The message of the error that Blender's operators raise in scripts."""
    try:
        action()
    except RuntimeError as error:
        return str(error)
    raise AssertionError("nothing was raised")
