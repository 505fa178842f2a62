"""A day with the add-on in a real window: cancel, queue, history, and a backend that dies."""

import os
import signal

import pytest
from steps import generate

GENERATE, PROMPT, PROGRESS = "ANY_TO_3D_PT_generate", "ANY_TO_3D_PT_prompt", "ANY_TO_3D_PT_progress"
QUEUE, HISTORY, BACKEND = "ANY_TO_3D_PT_queue", "ANY_TO_3D_PT_history", "ANY_TO_3D_PT_backend"


@pytest.fixture(scope="module")
def day(connected):
    return connected


def test_n18_the_panel_shows_only_what_this_backend_announces(day):
    fields = day.ask("[each['name'] for each in drawn['ANY_TO_3D_PT_prompt']]")
    assert "image" in fields
    assert "sound" not in fields


def test_d9_a_click_cancels_and_the_mesh_so_far_stays_until_another_click_removes_it(day):
    generate(day, "slow chair")
    day.wait("'slow chair' in bpy.data.objects and session().jobs[-1].snapshots > 2")
    day.click(PROGRESS, "any_to_3d.cancel")
    day.wait("session().jobs[-1].state == 'cancelled'")
    day.wait("'Cancelled; its mesh so far is kept' in text_of('ANY_TO_3D_PT_progress')")
    assert day.ask("len(bpy.data.objects['slow chair'].data.polygons)") > 0
    day.click(PROGRESS, "any_to_3d.remove_unfinished")
    day.wait("'slow chair' not in bpy.data.objects")


def test_d10_settings_of_the_history_fill_the_panel_at_a_click(day):
    generate(day, "a red chair")
    day.wait("session().jobs[-1].state == 'finished'")
    day.fill(PROMPT, "prompt", "something else")
    _open_history(day)
    day.ask("setattr(bpy.context.scene, 'any_to_3d_history_index', 0)")
    day.click(HISTORY, "any_to_3d.use_settings")
    day.wait("bpy.context.scene.any_to_3d.prompt == 'a red chair'")


def test_d10_a_deleted_object_is_brought_back_at_a_click(day):
    day.ask("bpy.data.objects.remove(bpy.data.objects['a red chair'])")
    day.click(HISTORY, "any_to_3d.bring_back")
    day.wait("'a red chair' in bpy.data.objects and bpy.data.objects['a red chair']['any_to_3d_is_final']")


def test_d17_an_unknown_word_is_answered_in_the_panel_and_generate_stays_free(day):
    generate(day, "blorb chair")
    day.wait("\"The word 'blorb' is not known here.\" in text_of('ANY_TO_3D_PT_generate')")
    shown = day.ask("[each for each in drawn['ANY_TO_3D_PT_generate'] if each['name'] == 'any_to_3d.generate']")
    assert [each["enabled"] for each in shown] == [True]
    day.click(GENERATE, "any_to_3d.dismiss")
    day.wait("session().trouble is None")


def test_d4_a_killed_backend_is_told_and_one_click_brings_backend_and_job_back(day):
    generate(day, "slow table")
    day.wait("session().jobs[-1].snapshots > 2")
    os.kill(day.ask("link().process.pid"), signal.SIGKILL)
    day.wait("'killed by signal 9' in text_of('ANY_TO_3D_PT_generate')")
    day.click(GENERATE, "any_to_3d.restart_backend")
    day.wait("session().connection == 'connected'")
    day.wait("session().jobs[-1].state == 'finished'")
    assert day.ask("bpy.data.objects['slow table']['any_to_3d_is_final']")


def test_d10_two_jobs_queue_and_the_second_is_taken_out_at_a_click(day):
    day.click(BACKEND, "any_to_3d.stop_backend")
    day.wait("session().connection == 'offline'")
    day.click(BACKEND, "any_to_3d.start_demo")
    day.wait("session().connection == 'connected'")
    day.ask("setattr(bpy.context.scene.any_to_3d, 'preset', 'high')")
    generate(day, "a lantern")
    # On a busy computer it would come to its end meanwhile.
    day.click(PROGRESS, "any_to_3d.pause")
    day.wait("session().jobs[-1].is_paused")
    generate(day, "another lantern")
    day.wait("session().jobs[-1].state == 'queued' and 'another lantern' in text_of('ANY_TO_3D_PT_queue')")
    day.click(QUEUE, "any_to_3d.cancel")
    day.wait("session().jobs[-1].state == 'cancelled' and 'No job waits' in text_of('ANY_TO_3D_PT_queue')")
    assert day.ask("session().jobs[-2].is_paused")


def _open_history(window):
    if not window.ask("'ANY_TO_3D_PT_history' in drawn"):
        window.open_panel(HISTORY)
    window.wait("bool(drawn.get('ANY_TO_3D_PT_history'))")
