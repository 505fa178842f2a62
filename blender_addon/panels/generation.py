"""How to make it: preset, seed, height, the button, and whatever stands in its way."""

from __future__ import annotations

import bpy

from .. import preferences, properties, pump, wording
from ..connection import licences
from ..request import user_presets
from .licences import draw_licences
from .tab import TabPanel, draw_text
from .trouble import draw_trouble


class PresetMenu(bpy.types.Menu):
    """The presets that the connected backend offers, and the artist's own."""

    bl_idname = "ANY_TO_3D_MT_preset"
    bl_label = "Preset"

    def draw(self, context: bpy.types.Context) -> None:  # type: ignore[override]
        recipe = pump.link().session.recipe(properties.settings(context).recipe)
        if recipe is None:
            self.layout.label(text="Connect to a backend to see its presets")
        for preset in recipe.presets if recipe else ():
            text = preset.label
            if preset.seconds_estimate is not None:
                text += f" (about {wording.duration(preset.seconds_estimate)})"
            self.layout.operator("any_to_3d.choose_preset", text=text).preset = preset.name
        self.layout.separator()
        saved = user_presets.names(preferences.presets_folder())
        for name in saved:
            self.layout.operator("any_to_3d.use_preset", text=name, icon="USER", translate=False).name = name
        self.layout.operator("any_to_3d.save_preset", text="Save as Preset...", icon="ADD")
        if saved:
            self.layout.menu(RemovePresetMenu.bl_idname, icon="REMOVE")


class RemovePresetMenu(bpy.types.Menu):
    """The artist's own presets, to be deleted."""

    bl_idname = "ANY_TO_3D_MT_remove_preset"
    bl_label = "Remove Preset"

    def draw(self, context: bpy.types.Context) -> None:  # type: ignore[override]
        for name in user_presets.names(preferences.presets_folder()):
            self.layout.operator("any_to_3d.remove_preset", text=name, icon="X", translate=False).name = name


class GenerationPanel(TabPanel):
    bl_idname = "ANY_TO_3D_PT_generate"
    bl_label = "Generate"

    def draw(self, context: bpy.types.Context) -> None:
        session = pump.link().session
        column = self.layout.column()
        self._draw_settings(column, context)
        is_unread = licences.are_unread(session, preferences.get().licences_read)
        if is_unread:
            draw_licences(column, context, session)
        row = column.row()
        row.enabled = not is_unread
        row.scale_y = 1.6
        row.operator("any_to_3d.generate", icon="MESH_MONKEY")
        reason = wording.why_not_generate(session)
        if session.trouble is not None:
            draw_trouble(column, context, session.trouble)
        elif reason:
            draw_text(column, context, reason, "INFO")
            if session.connection == "offline":
                row = column.row(align=True)
                row.operator("any_to_3d.start_backend", icon="PLAY")
                row.operator("any_to_3d.start_demo", icon="GHOST_ENABLED")
        elif wording.demo_line(session):
            draw_text(column, context, wording.demo_line(session), "GHOST_ENABLED")

    def _draw_settings(self, column: bpy.types.UILayout, context: bpy.types.Context) -> None:
        chosen = properties.settings(context)
        recipe = pump.link().session.recipe(chosen.recipe)
        presets = {preset.name: preset.label for preset in recipe.presets} if recipe else {}
        split = column.split(factor=0.4)
        split.label(text="Preset")
        label = presets.get(chosen.preset or "standard", chosen.preset or "Standard")
        split.menu(PresetMenu.bl_idname, text=label)
        row = column.row(align=True)
        row.prop(chosen, "seed")
        row.operator("any_to_3d.random_seed", text="", icon="FILE_REFRESH")
        row = column.row(align=True)
        row.prop(chosen.result, "height")
        row.operator("any_to_3d.height_from_selection", text="", icon="EMPTY_SINGLE_ARROW")
        # What no backend takes can be set back.
        reason = wording.why_not(pump.link().session, "until")
        row = column.row()
        row.enabled = not reason or chosen.iteration.approve_shape
        row.prop(chosen.iteration, "approve_shape")
        if reason and chosen.iteration.approve_shape:
            draw_text(column, context, reason, "INFO")
