"""Blenders with real windows, each with the add-on's zip installed; without one every test here is skipped.

    ANY_TO_3D_GUI_BLENDER=/opt/blender/blender pytest tests/gui
    ANY_TO_3D_GUI_BLENDER="chroot /srv/debian blender" pytest tests/gui --pictures docs/pictures

The system that Blender runs on needs Xvfb and xdotool. The second line also takes the manual's pictures.
"""

import os
import stat
from pathlib import Path

import pytest
from any_to_3d.backend.extension.build_zip import BuildError, build, current_platform
from any_to_3d.backend.extension.pinned_wheels import PYTHONS
from window import VARIABLE, Blender, Window, commands

ROOT = Path(__file__).parents[2]
NO_BLENDER = (
    f"no Blender with a window is named. Set {VARIABLE} to the command that starts one, as in "
    f"{VARIABLE}=/opt/blender/blender pytest tests/gui; Xvfb and xdotool have to be installed where it runs"
)
FAKE_BACKEND = ROOT / "tests" / "blender_addon" / "fake_backend.py"


def pytest_addoption(parser):
    parser.addoption("--pictures", type=Path, help="the folder for the manual's pictures, taken on the way")


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.gui)
            item.add_marker(pytest.mark.timeout(900))
            if not commands():
                item.add_marker(pytest.mark.skip(reason=NO_BLENDER))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Keeps what the windows showed when a test failed, beside their logs."""
    report = yield
    if report.when == "call" and report.failed:
        for window in {each for each in getattr(item, "funcargs", {}).values() if isinstance(each, Window)}:
            path = window.mailbox / f"{item.name}.png".replace("/", " ")
            window.screen.save(path)
            report.sections.append(("picture of the failure", str(path)))
    return report


@pytest.fixture(scope="session", params=commands() or [""])
def command(request):
    return request.param


@pytest.fixture(scope="session")
def addon_zip(tmp_path_factory):
    try:
        return build(current_platform(), PYTHONS, tmp_path_factory.mktemp("zip"))
    except BuildError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def blender(command, addon_zip, tmp_path_factory):
    """With the add-on, in a user folder of its own."""
    blender = Blender(command, tmp_path_factory.mktemp("blender"))
    blender.install(addon_zip)
    return blender


@pytest.fixture(scope="module")
def window(blender):
    """Blender's default file, with the add-on's tab in front."""
    window = Window(blender)
    window.show_tab()
    yield window
    window.close()


@pytest.fixture(scope="module")
def fake_program(window, tmp_path_factory):
    """A program that plays ``any-to-3d``, run by the Python and the libraries of this Blender."""
    python, libraries = window.ask(_PYTHON_OF_BLENDER)
    folder = tmp_path_factory.mktemp("program")
    (folder / "any_to_3d").symlink_to(ROOT, target_is_directory=True)
    path = os.pathsep.join([str(folder), *libraries])
    program = folder / "bin" / "any-to-3d"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nPYTHONPATH='{path}' exec '{python}' '{FAKE_BACKEND}' \"$@\"\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


@pytest.fixture(scope="module")
def connected(window, fake_program):
    """The window with an empty scene, connected to the fake backend, which was started by a click."""
    window.ask("bpy.data.objects.remove(bpy.data.objects['Cube'])")
    window.ask(f"module('preferences').get().command = {str(fake_program)!r}")
    window.ask(
        "module('preferences').get().address = f'127.0.0.1:{module(\"connection.backend_process\").free_port()}'"
    )
    window.click("ANY_TO_3D_PT_generate", "any_to_3d.start_backend")
    window.wait("session().connection == 'connected'")
    return window


_PYTHON_OF_BLENDER = """
import sys, numpy, zmq, msgpack
from pathlib import Path
answer = sys.executable, [str(Path(each.__file__).parents[1]) for each in (numpy, zmq, msgpack)]
"""
