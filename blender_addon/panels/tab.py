"""What all panels of the tab share: where they are, and text that wraps."""

from __future__ import annotations

import textwrap

import bpy

_POINTS_PER_LETTER = 7.0


class TabPanel(bpy.types.Panel):
    """A panel of the tab. Never registered itself."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Any to 3D"


def draw_text(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str = "NONE", margin: int = 4
) -> None:
    """Blender's labels do not wrap; these do, by the width of the region less a margin in letters."""
    width = context.region.width if context.region else 300
    scale = context.preferences.system.ui_scale or 1.0  # 0 in a Blender without a window
    letters = max(20, int(width / (_POINTS_PER_LETTER * scale)) - margin)
    column = layout.column(align=True)
    below = "NONE" if icon == "NONE" else "BLANK1"
    for index, line in enumerate(textwrap.wrap(text, letters)):
        column.label(text=line, icon=below if index else icon)  # type: ignore[arg-type]
