"""Claims about a release as an artist finds it on a server: Blender adds the repository and installs from it.

The environment names the folder with the zips and index.json: ANY_TO_3D_REPOSITORY. It is read as a file:// address,
which needs no internet; but Blender installs from remote repositories, this kind too, only with Allow Online Access.
"""

import os
import sys
from pathlib import Path

import bpy

MODULE = "any_to_3d_releases"
PACKAGE = f"bl_ext.{MODULE}.any_to_3d"


def test_d1_blender_installs_the_add_on_from_the_repository_without_internet():
    address = (Path(os.environ["ANY_TO_3D_REPOSITORY"]) / "index.json").as_uri()
    repositories = bpy.context.preferences.extensions.repos
    repositories.new(name="Any to 3D", module=MODULE, remote_url=address)
    number = len(repositories) - 1
    bpy.ops.extensions.repo_sync(repo_index=number)
    bpy.context.preferences.system.use_online_access = True
    bpy.ops.extensions.package_install(repo_index=number, pkg_id="any_to_3d", enable_on_install=True)
    assert PACKAGE in bpy.context.preferences.addons


def test_d1_what_was_installed_works():
    import msgpack
    import zmq

    assert zmq.zmq_version_info() >= (4, 3)
    assert msgpack.version
    assert bpy.ops.any_to_3d.start_backend.poll()


def test_d2_nothing_heavy_came_with_it():
    libraries = Path(bpy.utils.user_resource("EXTENSIONS"), ".local", "lib").glob("python*/site-packages/*")
    packages = {path.name.split("-")[0].split(".")[0].lower() for path in libraries if path.is_dir()}
    assert packages == {"zmq", "pyzmq", "msgpack"}, packages
    assert "torch" not in sys.modules


def test_d1_it_is_uninstalled_without_a_trace():
    number = next(index for index, each in enumerate(bpy.context.preferences.extensions.repos) if each.module == MODULE)
    bpy.ops.extensions.package_uninstall(repo_index=number, pkg_id="any_to_3d")
    assert PACKAGE not in bpy.context.preferences.addons
    assert not hasattr(bpy.types.Scene, "any_to_3d")
    assert not hasattr(bpy.types, "ANY_TO_3D_OT_generate")
    assert not [name for name in sys.modules if name.startswith(PACKAGE) and "pump" in name and sys.modules[name]._link]
