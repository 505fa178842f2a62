"""From the empty window to the finished prop, by pointer and keyboard, with the demo, which the add-on brings along."""

import numpy as np

GENERATE, PROMPT, PROGRESS = "ANY_TO_3D_PT_generate", "ANY_TO_3D_PT_prompt", "ANY_TO_3D_PT_progress"


def test_n15_generate_is_greyed_out_and_the_panel_says_what_to_do(window):
    left, top, right, bottom = window.find(GENERATE, "any_to_3d.generate")
    window.screen.click((left + right) / 2, (top + bottom) / 2)
    assert window.ask("len(session().jobs)") == 0
    assert "No backend is connected. Start one" in window.shown(GENERATE)


def test_n15_n16_the_demo_is_one_click_away_and_says_that_it_is_one(window):
    window.click(GENERATE, "any_to_3d.start_demo")
    window.wait("session().connection == 'connected'")
    window.wait("'This is the demo' in text_of('ANY_TO_3D_PT_generate')")
    assert "Start Backend" not in window.shown(GENERATE)


def test_n15_n18_with_the_demo_all_three_kinds_of_prompt_are_there(window):
    fields = window.ask("[each['name'] for each in drawn['ANY_TO_3D_PT_prompt']]")
    assert {"prompt", "image", "sound", "negative"} <= set(fields)


def test_n15_a_typed_prompt_and_a_chosen_preset_become_an_object_that_grows_in_the_window(window):
    window.ask("bpy.data.objects.remove(bpy.data.objects['Cube'])")
    window.fill(PROMPT, "prompt", "an orange lantern")
    assert window.ask("bpy.context.scene.any_to_3d.prompt") == "an orange lantern"
    window.choose(GENERATE, "ANY_TO_3D_MT_preset", "any_to_3d.choose_preset", place=1)
    assert window.ask("bpy.context.scene.any_to_3d.preset") == "standard"
    empty = _viewport(window)
    window.click(GENERATE, "any_to_3d.generate")
    window.wait("'an orange lantern' in bpy.data.objects and session().jobs[-1].snapshots > 1")
    window.wait("len([each for each in drawn['ANY_TO_3D_PT_progress'] if each['kind'] == 'progress']) == 4")
    grown = _viewport(window)
    assert np.count_nonzero((grown - empty).max(axis=-1) > 20) > 500, "the object is not to be seen"
    window.wait("session().jobs[-1].state == 'finished'")
    window.wait("'Finished in' in text_of('ANY_TO_3D_PT_progress')")
    assert window.ask("bpy.data.objects['an orange lantern']['any_to_3d_is_final']")
    assert window.ask("len(bpy.data.objects['an orange lantern'].data.materials)") == 1


def test_d15_one_ctrl_z_takes_the_finished_object_away_and_shift_ctrl_z_brings_it_back(window):
    window.rest_pointer()
    window.screen.press("ctrl+z")
    window.wait("'an orange lantern' not in bpy.context.scene.objects")
    window.screen.press("ctrl+shift+z")
    window.wait("'an orange lantern' in bpy.context.scene.objects")
    assert window.ask("bpy.data.objects['an orange lantern']['any_to_3d_is_final']")


def test_d6_the_addon_runs_no_thread_in_a_real_window(window):
    assert window.ask("__import__('threading').active_count()") == 1


def _viewport(window):
    left, top, _, bottom = window.ask("sidebar()")
    window.rest_pointer()
    return window.screen.picture()[top + 200 : bottom, 100 : left - 80].astype(np.int16)
