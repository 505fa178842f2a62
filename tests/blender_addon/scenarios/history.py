"""Claims about the history of the installed add-on: what it remembers, through undo and files, and what it is good for.

The environment names the zip and a program that plays the backend: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import importlib
import tempfile
from pathlib import Path

import bpy
import numpy as np
from addon_in_use import PACKAGE, cancel, empty_file, install, link, pump, pump_until, raised, start

install()
start()


def _entries():
    return bpy.context.scene.any_to_3d_history


def _panel():
    return bpy.context.scene.any_to_3d


def _generate(prompt, **settings):
    bpy.ops.any_to_3d.generate(prompt=prompt, **settings)
    bpy.ops.any_to_3d.wait(timeout=20)


def _thumbnail():
    return importlib.import_module(f"{PACKAGE}.blender_addon.history.picture")


def test_d10_an_entry_has_prompt_seed_settings_and_a_picture():
    empty_file()
    _panel().negative = "blue"
    _generate("a red chair", seed=5, preset="draft", height=2.0)
    (entry,) = _entries()
    assert (entry.title, entry.outcome, entry.settings.seed) == ("a red chair", "finished", 5)
    assert (entry.settings.preset, entry.settings.negative, entry.settings.height) == ("draft", "blue", 2.0)
    assert entry.seconds >= 0
    assert entry.when[:2] == "20"
    picture = _thumbnail().unpacked(entry.thumbnail)
    assert 500 < np.count_nonzero(picture[..., 3]) < picture[..., 3].size


def test_d10_use_these_settings_fills_the_panel_and_generate_again_leaves_it():
    empty_file()
    _generate("a red chair", seed=5, preset="draft")
    _generate("a blue mug", seed=6)
    assert [entry.title for entry in _entries()] == ["a blue mug", "a red chair"]
    _panel().prompt, _panel().seed = "something else", 9
    first = _entries()[1].request_id
    bpy.ops.any_to_3d.generate_again(request_id=first)
    bpy.ops.any_to_3d.wait(timeout=20)
    origin = link().session.jobs[-1].origin
    assert (origin.prompt, origin.preset, origin.seed) == ("a red chair", "draft", 5)
    assert (_panel().prompt, _panel().seed) == ("something else", 9)
    bpy.ops.any_to_3d.use_settings(request_id=first)
    assert (_panel().prompt, _panel().preset, _panel().seed) == ("a red chair", "draft", 5)


def test_d10_a_deleted_object_is_brought_back_and_one_that_is_there_is_selected():
    empty_file()
    _generate("a red chair")
    (entry,) = _entries()
    target = bpy.data.objects["a red chair"]
    target.select_set(False)
    bpy.ops.any_to_3d.bring_back(request_id=entry.request_id)
    assert target.select_get()
    assert bpy.context.view_layer.objects.active == target
    bpy.data.objects.remove(target)
    bpy.context.scene.cursor.location = (3, 0, 0)
    bpy.ops.any_to_3d.bring_back(request_id=entry.request_id)
    bpy.ops.any_to_3d.wait(timeout=20)
    again = bpy.data.objects["a red chair"]
    assert tuple(again.location) == (3, 0, 0)
    assert again.data.uv_layers.active is not None
    assert len(_entries()) == 1
    assert _entries()[0].outcome == "finished"


def test_d15_undo_takes_the_object_but_not_the_history():
    empty_file()
    bpy.ops.ed.undo_push(message="before")
    _generate("a red chair")
    bpy.ops.ed.undo()
    pump(0.1)
    assert len(bpy.data.objects) == 0
    assert [(entry.title, entry.outcome) for entry in _entries()] == [("a red chair", "finished")]


def test_d11_the_history_is_saved_with_the_file():
    empty_file()
    _generate("a red chair", seed=8)
    picture = _entries()[0].thumbnail
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "umlaut ä 椅子.blend")
        bpy.ops.wm.save_as_mainfile(filepath=path)
        empty_file()
        assert len(_entries()) == 0
        bpy.ops.wm.open_mainfile(filepath=path)
        (entry,) = _entries()
        assert (entry.title, entry.settings.seed, entry.thumbnail) == ("a red chair", 8, picture)
        bpy.ops.any_to_3d.use_settings(request_id=entry.request_id)
        assert _panel().seed == 8


def test_d11_a_file_saved_in_mid_job_learns_how_it_ended():
    empty_file()
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    pump_until(lambda: "slow chair" in bpy.data.objects)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "mid.blend")
        bpy.ops.wm.save_as_mainfile(filepath=path)
        empty_file()
        bpy.ops.wm.open_mainfile(filepath=path)
        assert _entries()[0].outcome == "asked"
        cancel()
        assert _entries()[0].outcome == "cancelled"


def test_d10_a_job_that_is_cancelled_while_nobody_answers_is_so_in_the_history_at_once():
    empty_file()
    bpy.ops.any_to_3d.generate(prompt="slow chair")
    pump_until(lambda: "slow chair" in bpy.data.objects)
    bpy.ops.any_to_3d.disconnect()
    bpy.ops.any_to_3d.cancel()
    assert _entries()[0].outcome == "cancelled"
    bpy.ops.any_to_3d.connect()
    bpy.ops.any_to_3d.wait(timeout=10)


def test_d10_what_no_backend_has_accepted_cannot_be_brought_back_and_leaves_no_job():
    empty_file()
    _generate("a red chair")
    (entry,) = _entries()
    entry.job_id = ""
    bpy.data.objects.remove(bpy.data.objects["a red chair"])
    jobs = link().session.jobs
    assert bpy.ops.any_to_3d.bring_back(request_id=entry.request_id) == {"CANCELLED"}
    assert link().session.jobs == jobs


def test_a_removed_entry_stays_away_and_the_object_stays():
    empty_file()
    _generate("a red chair")
    bpy.ops.any_to_3d.remove_entry(request_id=_entries()[0].request_id)
    pump(0.1)
    assert len(_entries()) == 0
    assert "a red chair" in bpy.data.objects
    assert not bpy.ops.any_to_3d.use_settings.poll()


def test_d18_a_saved_preset_is_used_after_a_restart_of_blender():
    empty_file()
    _panel().preset, _panel().height, _panel().prompt, _panel().seed = "draft", 2.5, "a red chair", 7
    bpy.ops.any_to_3d.save_preset(name="Hero prop")
    empty_file()  # as after a restart: nothing of the scene is left
    _panel().prompt, _panel().seed = "a blue mug", 8
    bpy.ops.any_to_3d.use_preset(name="Hero prop")
    assert (_panel().preset, _panel().height) == ("draft", 2.5)
    assert (_panel().prompt, _panel().seed) == ("a blue mug", 8)
    bpy.ops.any_to_3d.remove_preset(name="Hero prop")
    assert "cannot be read" in raised(lambda: bpy.ops.any_to_3d.use_preset(name="Hero prop"))
