"""The sidebar tab: it draws the session and the scene's settings, and decides nothing."""

from __future__ import annotations

import textwrap

import bpy

from . import cut_out_icons, preferences, properties, pump, scene, wording
from .link import Link
from .state import Fix, Job, Trouble

_TAB = "Any to 3D"
_POINTS_PER_LETTER = 7.0
_ENDED_JOBS_SHOWN = 3

_CUT_OUT_SCALE = 5.0
_WEIGHT_WIDTH = 3.0

_PROMPT_LINES = (
    ("text", "prompt", "text_weight", "TEXT", "a red chair"),
    ("image", "image", "image_weight", "IMAGE_DATA", "a picture of it"),
    ("audio", "sound", "sound_weight", "SOUND", "a sound of it"),
)
"""Modality, property, its weight, icon and example."""

_FIX_BUTTONS: dict[Fix, tuple[str, str, str]] = {
    "start_backend": ("any_to_3d.start_backend", "Start Backend", "PLAY"),
    "use_free_port": ("any_to_3d.start_backend", "Use a Free Port", "PLAY"),
    "open_preferences": ("preferences.addon_show", "Open Preferences", "PREFERENCES"),
    "allow_online": ("screen.userpref_show", "Open System Preferences", "PREFERENCES"),
    "use_fastest_preset": ("any_to_3d.use_fastest_preset", "Try the Fastest Preset", "FILE_REFRESH"),
    "generate_again": ("any_to_3d.generate", "Generate Again", "FILE_REFRESH"),
}


class PresetMenu(bpy.types.Menu):
    """The presets that the connected backend offers."""

    bl_idname = "ANY_TO_3D_MT_preset"
    bl_label = "Preset"

    def draw(self, context: bpy.types.Context) -> None:  # type: ignore[override]
        recipe = pump.link().session.recipe(properties.settings(context).recipe)
        if recipe is None:
            self.layout.label(text="Connect to a backend to see its presets")
            return
        for preset in recipe.presets:
            text = preset.label
            if preset.seconds_estimate is not None:
                text += f" (about {wording.duration(preset.seconds_estimate)})"
            self.layout.operator("any_to_3d.choose_preset", text=text).preset = preset.name


class GeneratePanel(bpy.types.Panel):
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = _TAB
    bl_idname = "ANY_TO_3D_PT_generate"
    bl_label = "Any to 3D"

    def draw(self, context: bpy.types.Context) -> None:
        link = pump.link()
        chosen = properties.settings(context)
        column = self.layout.column()
        _draw_prompt(column, context, link)
        _draw_settings(column, link, chosen)
        row = column.row()
        row.scale_y = 1.6
        row.operator("any_to_3d.generate", icon="MESH_MONKEY")
        reason = wording.why_not_generate(link.session)
        if link.session.trouble is not None:
            _draw_trouble(column, context, link.session.trouble)
        elif reason:
            _draw_text(column, context, reason, "INFO")
        ended = [job for job in link.session.jobs if job.is_over]
        for job in (*link.session.active_jobs, *reversed(ended[-_ENDED_JOBS_SHOWN:])):
            _draw_job(column, context, link, job)


class BackendPanel(bpy.types.Panel):
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = _TAB
    bl_idname = "ANY_TO_3D_PT_backend"
    bl_label = "Backend"
    bl_parent_id = "ANY_TO_3D_PT_generate"

    def draw(self, context: bpy.types.Context) -> None:
        link = pump.link()
        session = link.session
        column = self.layout.column()
        icon = "CHECKMARK" if session.connection == "connected" else "UNLINKED"
        _draw_text(column, context, wording.connection_line(session), icon)
        if session.backend is not None and session.backend.warning:
            _draw_text(column, context, session.backend.warning, "ERROR")
        column.prop(preferences.get(), "address", text="")
        row = column.row(align=True)
        row.operator("any_to_3d.start_backend", text="Start", icon="PLAY")
        row.operator("any_to_3d.stop_backend", text="Stop", icon="SNAP_FACE")
        if session.connection in ("offline", "refused"):
            row.operator("any_to_3d.connect")
        else:
            row.operator("any_to_3d.disconnect")


CLASSES = (PresetMenu, GeneratePanel, BackendPanel)


def _draw_prompt(column: bpy.types.UILayout, context: bpy.types.Context, link: Link) -> None:
    """A line for each kind of prompt that the backend understands; weights once there is something to weigh."""
    chosen = properties.settings(context)
    recipe = link.session.recipe(chosen.recipe)
    understood = recipe.modalities if recipe else ("text",)
    filled = [part.modality for part in properties.prompt_fields(context).parts]
    for modality, field, weight, icon, example in _PROMPT_LINES:
        if modality not in understood and modality not in filled:
            continue
        row = column.row(align=True)
        # What a former backend took stays on show, so that it can be cleared.
        row.alert = recipe is not None and modality not in understood
        row.prop(chosen, field, text="", icon=icon, placeholder=example)  # type: ignore[arg-type]
        if len(filled) > 1 and modality in filled:
            number = row.row(align=True)
            number.ui_units_x = _WEIGHT_WIDTH
            number.prop(chosen, weight, text="")
    column.prop(chosen, "negative", text="", icon="REMOVE", placeholder="avoid, as in: red")


def _draw_settings(column: bpy.types.UILayout, link: Link, chosen: properties.AnyTo3DSettings) -> None:
    recipe = link.session.recipe(chosen.recipe)
    presets = {preset.name: preset.label for preset in recipe.presets} if recipe else {}
    split = column.split(factor=0.4)
    split.label(text="Preset")
    label = presets.get(chosen.preset or "standard", chosen.preset or "Standard")
    split.menu(PresetMenu.bl_idname, text=label)
    row = column.row(align=True)
    row.prop(chosen, "seed")
    row.operator("any_to_3d.random_seed", text="", icon="FILE_REFRESH")
    column.prop(chosen, "height")


def _draw_trouble(column: bpy.types.UILayout, context: bpy.types.Context, trouble: Trouble) -> None:
    box = column.box()
    row = box.row()
    row.alert = True
    _draw_text(row.column(), context, trouble.message, "ERROR", margin=8)
    row.operator("any_to_3d.dismiss", text="", icon="X", emboss=False)
    if trouble.hint:
        _draw_text(box, context, trouble.hint)
    if trouble.fix not in _FIX_BUTTONS:
        return
    identifier, text, icon = _FIX_BUTTONS[trouble.fix]
    button = box.operator(identifier, text=text, icon=icon)  # type: ignore[arg-type]
    if trouble.fix == "use_free_port":
        button.use_free_port = True
    elif trouble.fix == "open_preferences":
        button.module = preferences.ADDON_ID
    elif trouble.fix == "allow_online":
        button.section = "SYSTEM"


def _draw_job(column: bpy.types.UILayout, context: bpy.types.Context, link: Link, job: Job) -> None:
    box = column.box()
    row = box.row()
    row.label(text=f"{job.origin.prompt}  ·  {job.origin.seed}", icon="MESH_DATA")
    if not job.is_over:
        row.operator("any_to_3d.cancel", text="", icon="X").request_id = job.origin.request_id
    _draw_text(box, context, wording.job_line(link.session, job))
    if job.state == "running":
        if job.phase and job.steps:
            box.progress(factor=job.step / job.steps, text=f"Step {job.step} of {job.steps}")
        box.progress(factor=job.overall, text=wording.progress_text(job))
    for notice in filter(None, (job.notice, job.setback)):
        _draw_text(box, context, notice, "INFO")
    for cut_out in job.cut_outs:
        icon = cut_out_icons.icon_of(job.job_id, cut_out.part)
        if icon:
            box.template_icon(icon_value=icon, scale=_CUT_OUT_SCALE)
        _draw_text(box, context, wording.cut_out_line(cut_out), "IMAGE_DATA")
    if job.job_id in link.missing:
        _draw_text(box, context, "Its object is not in this scene any more.", "INFO")
        box.operator("any_to_3d.recreate", icon="ADD").request_id = job.origin.request_id
    elif not job.is_over and scene.mode_of_object(job.origin) != "OBJECT":
        _draw_text(box, context, "It waits while you edit it: leave to Object Mode.", "PAUSE")


def _draw_text(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str = "NONE", margin: int = 4
) -> None:
    """Blender's labels do not wrap; these do, by the width of the region less a margin in letters."""
    width = context.region.width if context.region else 300
    letters = max(20, int(width / (_POINTS_PER_LETTER * context.preferences.system.ui_scale)) - margin)
    column = layout.column(align=True)
    below = "NONE" if icon == "NONE" else "BLANK1"
    for index, line in enumerate(textwrap.wrap(text, letters)):
        column.label(text=line, icon=below if index else icon)  # type: ignore[arg-type]
