"""The zip, installed as an artist does it: from the menu of the preferences' extensions, by pointer and keyboard."""

import time

import pytest
from window import Blender, Window

PANEL, MENU = "USERPREF_PT_extensions", "USERPREF_MT_extensions_settings"


@pytest.fixture
def window(command, tmp_path):
    """A Blender without the add-on, whose largest editor shows the preferences."""
    window = Window(Blender(command, tmp_path))
    window.ask(_SHOW_PREFERENCES)
    yield window
    window.close()


_SHOW_PREFERENCES = f"""
area, _ = view()
area.type = 'PREFERENCES'
bpy.context.preferences.active_section = 'EXTENSIONS'
watch({PANEL!r})
watch({MENU!r})
redraw()
"""


def test_d1_n15_the_zip_is_installed_from_disk_by_mouse(window, addon_zip):
    window.wait(f"any(each['name'] == {MENU!r} for each in drawn.get({PANEL!r}, ()))")
    window.choose(PANEL, MENU, "extensions.package_install_files")
    window.wait("file_browser() is not None")
    window.ask(f"choose_file({str(addon_zip.parent)!r}, {addon_zip.name!r})")
    time.sleep(2.0)
    window.screen.move(*window.ask("middle_of(file_browser())"))
    window.screen.press("Return")
    window.wait("PACKAGE in bpy.context.preferences.addons")
    assert window.ask("hasattr(bpy.types.Scene, 'any_to_3d')")
