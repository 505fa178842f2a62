"""A second Blender beside that of a scenario, with the same user folder: makes an object of its own, or opens a file.

    python second_blender.py PACKAGE ADDRESS [FILE.blend]

Its last line of output says what it has.
"""

import importlib
import os
import sys
import time

import bpy

# isort: split
import addon_utils  # exists once bpy is imported

PACKAGE, ADDRESS, *FILES = sys.argv[1:]


def main():
    """Returns what to say."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    addon_utils.enable(PACKAGE)
    link = importlib.import_module(f"{PACKAGE}.blender_addon.pump").link()
    bpy.ops.any_to_3d.connect(address=ADDRESS)
    bpy.ops.any_to_3d.wait(timeout=20)
    if not FILES:
        bpy.ops.any_to_3d.generate(prompt="a green bottle")
        bpy.ops.any_to_3d.wait(timeout=30)
        return str([each.name for each in bpy.data.objects])
    bpy.ops.wm.open_mainfile(filepath=FILES[0])
    deadline = time.monotonic() + 20
    while not (link.session.jobs and link.session.jobs[-1].snapshots > 2) and time.monotonic() < deadline:
        link.step()
        time.sleep(0.01)
    said = f"attached to {link.session.jobs[-1].origin.prompt}" if link.session.jobs else "nothing"
    bpy.ops.any_to_3d.cancel()
    bpy.ops.any_to_3d.wait(timeout=10)
    return said


try:
    print(main(), flush=True)
except BaseException as error:
    print(f"failed: {error}", flush=True)
finally:
    # Several releases crash or hang while Python shuts down.
    os._exit(0)
