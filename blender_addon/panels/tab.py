"""What all panels of the tab share: where they are, and text that wraps."""

from __future__ import annotations

import blf
import bpy

from ..text_wrap import wrapped

_DEFAULT_FONT = 0
_USUAL_WIDTH = 300
_POINTS_PER_LETTER = 7.0
"""Of the interface's font at its usual size; an estimate for a Blender without a window, which cannot measure."""

_FRAME = 66.0
"""Points of the region beside a text: the tabs, the panel's edges and those of a box."""

_ICON = 22.0


class TabPanel(bpy.types.Panel):
    """A panel of the tab. Never registered itself."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Any to 3D"


def draw_text(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str = "NONE", beside: float = 0.0
) -> None:
    """Blender's labels do not wrap; these do, by the width of the region.

    beside: points of the line that something else takes, such as a button.
    """
    scale = context.preferences.system.ui_scale or 1.0  # 0 in a Blender without a window
    width = (context.region.width if context.region else _USUAL_WIDTH) / scale
    room = width - _FRAME - beside - (_ICON if icon != "NONE" else 0.0)
    points = context.preferences.ui_styles[0].widget.points

    def fits(line: str) -> bool:
        blf.size(_DEFAULT_FONT, points * scale)
        measured, _ = blf.dimensions(_DEFAULT_FONT, line)
        return (measured / scale or _POINTS_PER_LETTER * len(line)) <= room or len(line) < 2

    column = layout.column(align=True)
    below = "NONE" if icon == "NONE" else "BLANK1"
    for index, line in enumerate(wrapped(text, fits)):
        column.label(text=line, icon=below if index else icon, translate=False)  # type: ignore[arg-type]
