"""A file saved in mid-job, Blender gone, and a new window with the same file, while the backend works on."""

import socket
import subprocess
import sys

import pytest
from conftest import FAKE_BACKEND
from steps import save
from window import Window

PROMPT, GENERATE = "ANY_TO_3D_PT_prompt", "ANY_TO_3D_PT_generate"
PROGRESS, BACKEND = "ANY_TO_3D_PT_progress", "ANY_TO_3D_PT_backend"


@pytest.fixture(scope="module")
def address():
    """Where a backend runs that no Blender has started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    backend = subprocess.Popen([sys.executable, str(FAKE_BACKEND), "serve", "--address", f"tcp://{address}"])
    yield address
    backend.kill()


def test_d16_n15_the_panel_of_a_reopened_file_finds_its_job_and_cancels_it(blender, address, tmp_path):
    path = tmp_path / "Stück 椅子.blend"
    window = Window(blender)
    try:
        window.show_tab()
        window.ask(f"module('preferences').get().address = {address!r}")
        window.ask(f"bpy.ops.wm.save_userpref(), bpy.ops.wm.save_as_mainfile(filepath={str(path)!r})")
        window.click(BACKEND, "any_to_3d.connect")
        window.wait("session().connection == 'connected'")
        window.fill(PROMPT, "prompt", "slow bed")
        window.click(GENERATE, "any_to_3d.generate")
        window.wait("'slow bed' in bpy.data.objects")
        save(window)
    finally:
        window.close()
    again = Window(blender, str(path))
    try:
        again.show_tab()
        again.wait("session().connection == 'connected' and session().jobs[-1].snapshots > 2")
        again.wait("'slow bed' in text_of('ANY_TO_3D_PT_progress')")
        assert again.ask("bpy.context.scene.any_to_3d_history[0].title") == "slow bed"
        again.click(PROGRESS, "any_to_3d.cancel")
        again.wait("session().jobs[-1].state == 'cancelled'")
        again.wait("'its mesh so far is kept' in text_of('ANY_TO_3D_PT_progress')")
    finally:
        again.close()
