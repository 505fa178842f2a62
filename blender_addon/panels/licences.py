"""The licences that a backend states: to be read before the first run, and to be looked up later."""

from __future__ import annotations

import bpy

from ..connection import licences
from ..state import Session
from .tab import draw_text


def draw_licences(layout: bpy.types.UILayout, context: bpy.types.Context, session: Session) -> None:
    """Each in a sentence, and the button that notes that they were read."""
    box = layout.box()
    draw_text(box, context, "This backend uses networks of others. Read what you may do with what you make:", "INFO")
    for line in licences.lines(licences.stated(session)):
        draw_text(box, context, line, "DOT")
    box.operator("any_to_3d.read_licences", icon="CHECKMARK")
