"""The box of an error: what happened, what to do, the button that does it, and the manual's page."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from .. import preferences
from ..errors import Fix, Trouble
from .tab import draw_text


@dataclass(frozen=True)
class _Button:
    """An operator with its settings, as a button."""

    operator: str
    text: str
    icon: str
    settings: tuple[tuple[str, str | bool], ...] = ()


BUTTONS: dict[Fix, _Button] = {
    "start_backend": _Button("any_to_3d.start_backend", "Start Backend", "PLAY"),
    "restart_backend": _Button("any_to_3d.restart_backend", "Restart Backend", "FILE_REFRESH"),
    "start_demo": _Button("any_to_3d.start_demo", "Try the Demo", "PLAY"),
    "use_free_port": _Button("any_to_3d.start_backend", "Use a Free Port", "PLAY", (("use_free_port", True),)),
    "connect": _Button("any_to_3d.connect", "Connect to It", "LINKED"),
    "test_connection": _Button("any_to_3d.test_connection", "Test Connection", "VIEWZOOM"),
    "accept_key": _Button("any_to_3d.accept_key", "Accept New Key", "KEYINGSET"),
    "open_preferences": _Button(
        "preferences.addon_show", "Open Preferences", "PREFERENCES", (("module", preferences.ADDON_ID),)
    ),
    "allow_online": _Button("screen.userpref_show", "Open System Preferences", "PREFERENCES", (("section", "SYSTEM"),)),
    "use_fastest_preset": _Button("any_to_3d.use_fastest_preset", "Try the Fastest Preset", "FILE_REFRESH"),
    "generate_again": _Button("any_to_3d.generate", "Generate Again", "FILE_REFRESH"),
    "clear_unusable": _Button("any_to_3d.clear_unusable", "Leave It Out", "X"),
    "copy_fetch_command": _Button(
        "any_to_3d.copy_text", "Copy the Command", "COPYDOWN", (("text", "any-to-3d models fetch"),)
    ),
    "copy_diagnostics": _Button("any_to_3d.copy_diagnostics", "Copy Diagnostics", "COPYDOWN"),
}
"""Every fix but ``dismiss``, which is the cross in the corner."""


def draw_trouble(layout: bpy.types.UILayout, context: bpy.types.Context, trouble: Trouble) -> None:
    """The whole box."""
    box = layout.box()
    told = box.column()
    told.alert = True
    draw_text(told, context, trouble.message, "ERROR")
    if trouble.hint:
        draw_text(box, context, trouble.hint)
    row = box.row(align=True)
    button = BUTTONS.get(trouble.fix)
    if button is None:
        row.operator("any_to_3d.dismiss", text="Dismiss", icon="X")
    else:
        pressed = row.operator(button.operator, text=button.text, icon=button.icon)  # type: ignore[arg-type]
        for name, value in button.settings:
            setattr(pressed, name, value)
        if trouble.offered is not None:
            pressed.address, pressed.key = trouble.offered.address, trouble.offered.key
        row.operator("any_to_3d.dismiss", text="", icon="X")
    row.operator("any_to_3d.explain", text="", icon="QUESTION").code = trouble.code
