"""Claims about the installed add-on and backends with keys: the first is remembered, another is refused until accepted.

The environment names the zip and the program: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import bpy
from addon_in_use import PROGRAM, empty_file, install, link, module, preferences, raised
from drawn import Drawn, drawn_panel

FOLDER = Path(tempfile.mkdtemp())
STARTED = []
FINGERPRINT = r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){5}"


def keys(*words):
    done = subprocess.run([PROGRAM, "keys", *words], check=True, capture_output=True, text=True)
    return done.stdout


def fingerprints(key_file):
    """As ``any-to-3d keys list`` shows them on that computer."""
    return re.findall(FINGERPRINT, keys("list", "--keys", str(key_file)))


def known_backends():
    return (FOLDER / "mine" / "known_backends").read_text("utf-8")


def serve(name):
    """A backend with these keys in place of the one that Blender started, as somebody else would start it."""
    link().stop_backend(wait=10)
    words = ["--profile", "fake", "--data", FOLDER / "data", "--keys", FOLDER / name / "server.key"]
    STARTED.append(subprocess.Popen([PROGRAM, "serve", "--address", preferences().address, *words]))


def drawn_preferences():
    drawn = Drawn()
    module("panels.keys").draw_key_file(drawn, bpy.context)
    return drawn


def test_the_first_key_of_a_backend_is_remembered():
    install()
    empty_file()
    for name in ("one", "other"):
        keys("new", "--folder", str(FOLDER / name))
    (FOLDER / "mine").mkdir()
    shutil.copy(FOLDER / "one" / "client.key", FOLDER / "mine")
    preferences().command = PROGRAM
    preferences().arguments = f'--profile fake --data "{FOLDER / "data"}" --keys "{FOLDER / "one" / "server.key"}"'
    preferences().key_file = str(FOLDER / "mine" / "client.key")
    bpy.ops.any_to_3d.start_backend(use_free_port=True)
    bpy.ops.any_to_3d.wait(timeout=60)
    assert link().session.connection == "connected"
    assert known_backends().split()[0] == preferences().address.removeprefix("tcp://")


def test_both_fingerprints_are_shown_as_the_other_computer_shows_them():
    backend, client = fingerprints(FOLDER / "one" / "server.key")
    for drawn in (drawn_preferences(), drawn_panel(module("panels.backend").BackendPanel)):
        shown = "".join(drawn.text.split())
        assert f"Thisclient:{client}Backend:{backend}" in shown, drawn.text
        assert "keyslist" in shown
        assert "backend_key" not in drawn.fields


def test_d5_another_key_at_the_same_address_is_refused_with_a_button():
    serve("other")
    shutil.copy(FOLDER / "other" / "client.key", FOLDER / "mine")
    before = known_backends()
    for attempt in (bpy.ops.any_to_3d.connect, bpy.ops.any_to_3d.test_connection):
        said = raised(attempt)
        for name in ("one", "other"):
            assert fingerprints(FOLDER / name / "server.key")[0] in said
    module("pump")._connect_unasked(link())
    assert link().session.connection == "offline"
    assert not link().checks.is_testing
    assert known_backends() == before
    assert link().session.trouble.code == "key_changed"


def test_d5_the_button_accepts_the_new_key_and_connects():
    drawn = Drawn()
    module("panels.trouble").draw_trouble(drawn, bpy.context, link().session.trouble)
    (button,) = drawn.buttons["any_to_3d.accept_key"]
    bpy.ops.any_to_3d.accept_key(address=button.address, key=button.key)
    bpy.ops.any_to_3d.wait(timeout=60)
    assert link().session.connection == "connected"
    assert link().session.trouble is None
    assert fingerprints(FOLDER / "other" / "server.key")[0] in "".join(drawn_preferences().texts)
    bpy.ops.any_to_3d.disconnect()
    assert "This client" not in drawn_panel(module("panels.backend").BackendPanel).text


def test_a_client_that_made_its_own_keys_pastes_the_backends():
    keys("new", "--client", "--folder", str(FOLDER / "own"))
    keys("authorize", "anna", str(FOLDER / "own" / "client.pub"), "--keys", str(FOLDER / "other" / "server.key"))
    preferences().key_file = str(FOLDER / "own" / "client.key")
    assert "backend_key" in drawn_preferences().fields
    assert "not known yet" in raised(bpy.ops.any_to_3d.connect)
    assert link().session.trouble.code == "bad_key_file"
    public = re.search(r'server_public = "(.{40})"', (FOLDER / "other" / "client.key").read_text("utf-8"))[1]
    preferences().backend_key = public
    bpy.ops.any_to_3d.connect()
    bpy.ops.any_to_3d.wait(timeout=10)
    assert link().session.connection == "connected"
    assert preferences().backend_key == ""
    for process in STARTED:
        process.terminate()
        process.wait(timeout=20)
