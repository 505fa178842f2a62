"""What the add-on's preferences show: the address, the program with its version, and how to install one."""

from __future__ import annotations

import bpy

from . import preferences, pump
from .connection import launching
from .connection.backend_process import StartError
from .connection.programs import this_system
from .connection.setup_guide import setup_steps
from .panels.backend import draw_test_result
from .panels.keys import draw_key_file
from .panels.tab import draw_text

_TEXT_SHARE = 0.84
"""Of a line that ends with a button."""

_SYSTEM_NAMES = {"linux": "Linux", "windows": "Windows", "macos": "macOS"}


def draw(chosen: preferences.AnyTo3DPreferences, context: bpy.types.Context) -> None:
    """The whole page."""
    column = chosen.layout.column()
    column.use_property_split = True
    column.prop(chosen, "address")
    column.prop(chosen, "key_file")
    draw_key_file(column, context)
    draw_test_result(column, context, pump.link())
    column.separator()
    has_program = _draw_program(column, context, chosen)
    column.prop(chosen, "arguments")
    column.prop(chosen, "ends_with_blender")
    _draw_guide(chosen.layout, context, has_program)


def _draw_program(
    column: bpy.types.UILayout, context: bpy.types.Context, chosen: preferences.AnyTo3DPreferences
) -> bool:
    """Returns whether there is one."""
    checks = pump.link().checks
    row = column.row(align=True)
    row.prop(chosen, "command")
    row.operator("any_to_3d.find_programs", text="", icon="FILE_REFRESH")
    try:
        program = launching.program()
    except StartError as error:
        draw_text(column, context, str(error), "ERROR")
        return False
    if checks.look_at(program):
        pump.wake()
    version = checks.version
    if version is None:
        draw_text(column, context, f"{program}: asking for its version", "SORTTIME")
    elif version.problem:
        draw_text(column, context, f"{program}: {version.problem}", "ERROR")
    else:
        draw_text(column, context, f"{program}, version {version.version}", "CHECKMARK")
    for other in launching.programs():
        if other != program:
            row = column.split(factor=_TEXT_SHARE)
            row.label(text=f"Also found: {other}", icon="BLANK1")
            row.operator("any_to_3d.use_program").path = str(other)
    return True


def _draw_guide(layout: bpy.types.UILayout, context: bpy.types.Context, has_program: bool) -> None:
    system = this_system()
    header, body = layout.panel("any_to_3d_setup", default_closed=has_program)
    header.label(text=f"How to install a backend on {_SYSTEM_NAMES[system]}")
    if body is None:
        return
    for number, step in enumerate(setup_steps(system), 1):
        draw_text(body, context, f"{number}. {step.text}")
        if step.command:
            row = body.split(factor=_TEXT_SHARE)
            row.label(text=step.command, icon="CONSOLE")
            row.operator("any_to_3d.copy_text", icon="COPYDOWN").text = step.command
