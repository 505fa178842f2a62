"""What operators share that send a prompt: its parts, each the panel's unless it is given."""

from __future__ import annotations

from dataclasses import replace

import bpy

from ...shared.messages import SeenFrom
from .. import preferences, pump, wording
from ..connection import licences
from ..objects import viewpoint
from ..objects.placement import Placement
from ..request.submission import PromptFields
from ..request.view_angle import given_angle

_PANELS_SEED = -1
"""The seed of an operator that was given none."""


def _panels_weight(part: str) -> object:
    return bpy.props.FloatProperty(
        name=f"{part} weight", description="-1: the panel's", default=-1.0, options={"SKIP_SAVE"}
    )


def angle_property() -> object:
    """Of operators that say from where a picture is seen."""
    return bpy.props.StringProperty(
        name="Angle",
        description='Elevation and azimuth in degrees, as in "15 90"; empty: as Image Is Seen says',
        options={"SKIP_SAVE"},
    )


def seen_from(context: bpy.types.Context, angle: str, choice: str, place: Placement) -> SeenFrom | None:
    """The angle that was given, or else that of the view or camera; None for the recipe's own. Raises ValueError."""
    return given_angle(angle) if angle.strip() else viewpoint.seen_from(context, choice, place)


def why_not_ask() -> str:
    """Why no job can be asked for now, with what to do; empty if one can."""
    session = pump.link().session
    reason = wording.why_not_generate(session)
    # A Blender without a window has no panel to read them in.
    if not reason and not bpy.app.background and licences.are_unread(session, preferences.get().licences_read):
        return "Read the licences of the backend's networks first, in the panel Generate"
    return reason


class Prompted(bpy.types.Operator):
    """Operators with a prompt. Never registered itself."""

    prompt: bpy.props.StringProperty(name="Prompt", description="Empty: the panel's", options={"SKIP_SAVE"})
    image: bpy.props.StringProperty(name="Image", description="Empty: the panel's", options={"SKIP_SAVE"})
    sound: bpy.props.StringProperty(name="Sound", description="Empty: the panel's", options={"SKIP_SAVE"})
    negative: bpy.props.StringProperty(name="Avoid", description="Empty: the panel's", options={"SKIP_SAVE"})
    text_weight: _panels_weight("Text")
    image_weight: _panels_weight("Image")
    sound_weight: _panels_weight("Sound")
    preset: bpy.props.StringProperty(name="Preset", description="Empty: the panel's", options={"SKIP_SAVE"})
    seed: bpy.props.IntProperty(name="Seed", description="-1: the panel's", default=_PANELS_SEED, options={"SKIP_SAVE"})

    def over(self, panel: PromptFields) -> PromptFields:
        """The panel's fields, less those that this operator was given."""
        return replace(
            panel,
            text=self.prompt or panel.text,
            preset=self.preset or panel.preset,
            seed=panel.seed if self.seed == _PANELS_SEED else self.seed,
            text_weight=panel.text_weight if self.text_weight < 0 else self.text_weight,
            image=bpy.path.abspath(self.image) or panel.image,
            image_weight=panel.image_weight if self.image_weight < 0 else self.image_weight,
            sound=bpy.path.abspath(self.sound) or panel.sound,
            sound_weight=panel.sound_weight if self.sound_weight < 0 else self.sound_weight,
            negative=self.negative or panel.negative,
        )
