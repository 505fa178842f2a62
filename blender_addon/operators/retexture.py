"""New colours for an object that is there, as ``bpy.ops.any_to_3d.retexture``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import bpy

from ...shared.request_check import RequestRefused, check_strength, check_texture_size
from ...shared.starting_points import LARGEST_MASK_BORDER, Retexture
from .. import properties, pump, wording
from ..errors import trouble_of_error
from ..history import entries as history
from ..objects import frame_preview, provenance, source_mesh, versions
from ..objects.retexture_mark import is_retextured_now
from ..objects.source_fitness import why_not_source
from ..objects.source_mesh import TextureWish
from ..objects.texture_mask import Mask, MaskKind
from ..objects.uv_choice import UvChoice
from ..request import submission
from ..request.beginning import Beginning
from ..result_settings import PANELS, YES_OR_NO, or_panels
from ..retexture_settings import MASKS, SIZES, UV_CHOICES, RetextureSettings
from ..state import Asked
from .complaint import complain
from .prompted import Prompted, why_not_ask

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]


def why_not_retexture(target: bpy.types.Object | None) -> str:
    """Why this object cannot get new colours now, with what to do; empty if it can. Quick enough to be drawn."""
    reason = wording.why_not(pump.link().session, "retexture") or why_not_source(target)
    if reason or target is None:
        return reason
    if frame_preview.frame_shown(target) is not None:
        return frame_preview.FRAME_SHOWN
    if is_retextured_now(target):
        return f"'{target.name}' is getting new colours already; wait until they are done, or cancel its job"
    job = pump.link().session.job_of_request(str(target.get(provenance.REQUEST, "")))
    if job is not None and not job.is_over:
        return f"'{target.name}' is still growing; wait until it is finished, or cancel its job"
    return ""


class RetextureObject(Prompted):
    """Paint the active object anew from the prompt. Its shape and its UV maps stay as they are"""

    bl_idname = "any_to_3d.retexture"
    bl_label = "Retexture"

    object: bpy.props.StringProperty(name="Object", description="Empty: the active one", options={"SKIP_SAVE"})
    strength: bpy.props.FloatProperty(
        name="Strength", description="Above 0, a tint, to 1, new; -1: the panel's", default=-1.0, options={"SKIP_SAVE"}
    )
    size: bpy.props.IntProperty(
        name="Resolution", description="Texels a side; 0: as it is; -1: the panel's", default=-1, options={"SKIP_SAVE"}
    )
    uvs: bpy.props.EnumProperty(name="UVs", items=or_panels(UV_CHOICES), options={"SKIP_SAVE"})
    uv_map: bpy.props.StringProperty(name="UV Map", description="Empty: the active one", options={"SKIP_SAVE"})
    mask: bpy.props.EnumProperty(name="Where", items=or_panels(MASKS), options={"SKIP_SAVE"})
    mask_name: bpy.props.StringProperty(
        name="Mask", description="Of the vertex group or image; empty: the panel's", options={"SKIP_SAVE"}
    )
    face_set: bpy.props.IntProperty(
        name="Face Set", description="0: that of the active face", default=0, min=0, options={"SKIP_SAVE"}
    )
    uses_alpha: bpy.props.EnumProperty(name="By Its Alpha", items=or_panels(YES_OR_NO), options={"SKIP_SAVE"})
    invert: bpy.props.EnumProperty(name="Invert", items=or_panels(YES_OR_NO), options={"SKIP_SAVE"})
    border: bpy.props.IntProperty(
        name="Border",
        description="Texels; -1: the panel's",
        default=-1,
        min=-1,
        max=LARGEST_MASK_BORDER,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        # Which object it is, and so whether that will do, an operator knows only when it runs.
        reason = why_not_ask() or wording.why_not(pump.link().session, "retexture")
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> Result:
        try:
            self._ask(context)
        except ValueError as error:
            return complain(self, trouble_of_error(error, "bad_prompt"))
        pump.wake()
        return {"FINISHED"}

    def _ask(self, context: bpy.types.Context) -> None:
        """Raises ValueError, with what to do, for a prompt, an object, UVs or a mask that cannot be used."""
        link, chosen = pump.link(), properties.settings(context)
        backend = link.session.backend
        assert backend is not None, "poll allows this operator only while connected"
        target = self._target(context)
        panels = properties.prompt_fields(context)
        fields = self.over(panels)
        submit = submission.to_submit(fields, backend)
        strength = self.strength if self.strength >= 0 else chosen.retexture.strength
        wish = self._wish(chosen.retexture)
        _check_limits(strength, wish.size)
        source = source_mesh.prepared(context, target, wish)
        border = self.border if self.border >= 0 else chosen.retexture.border
        start = Retexture(source.mesh, strength, source.width, source.height, border)
        shown = versions.shown_version(target)
        done_to = f"{target.name}, version {shown.number}" if shown else target.name
        told = " ".join(source.notices)
        beginning = _beginning(target, wish, source)
        asked = Asked(replace(submit, source=start), fields.title, fields.named_parts, done_to, told, beginning)
        kept = history.settings_of(context, panels, fields, chosen.height) | _settings(wish, strength, border)
        link.retexture(asked, target, source, kept, context.scene.name)
        if told:
            self.report({"INFO"}, told)

    def _target(self, context: bpy.types.Context) -> bpy.types.Object:
        target = context.scene.objects.get(self.object) if self.object else context.active_object
        if self.object and target is None:
            raise ValueError(f"There is no object '{self.object}' in this scene.")
        reason = why_not_retexture(target)
        if reason:
            raise ValueError(f"{reason}.")
        assert target is not None, "none has a reason"
        return target

    def _wish(self, chosen: RetextureSettings) -> TextureWish:
        kind = cast(MaskKind, chosen.mask if self.mask == PANELS else self.mask)
        panels_name = chosen.group if kind == "GROUP" else chosen.image.name if chosen.image else ""
        mask = Mask(
            kind,
            self.mask_name or panels_name,
            self.face_set,
            chosen.uses_alpha if self.uses_alpha == PANELS else self.uses_alpha == "YES",
            chosen.is_inverted if self.invert == PANELS else self.invert == "YES",
        )
        uvs = cast(UvChoice, chosen.uvs if self.uvs == PANELS else self.uvs)
        return TextureWish(uvs, self.uv_map, int(chosen.size) if self.size < 0 else self.size, mask)


def _beginning(target: bpy.types.Object, wish: TextureWish, source: source_mesh.PreparedSource) -> Beginning:
    """What the message will not say of it."""
    mask = wish.mask
    return Beginning(
        source=target.name,
        size=wish.size,
        uv_map=source.layer,
        is_new_uv_map=source.new_uvs is not None,
        mask=mask.kind,
        mask_name=mask.name,
        face_set=mask.face_set,
        uses_alpha=mask.uses_alpha,
        is_inverted=mask.is_inverted,
    )


def _settings(wish: TextureWish, strength: float, border: int) -> properties.Values:
    """Of the panel, as far as it could have said the same."""
    found: properties.Values = {
        "retexture.strength": strength,
        "retexture.uvs": wish.uvs,
        "retexture.mask": wish.mask.kind,
        "retexture.uses_alpha": wish.mask.uses_alpha,
        "retexture.is_inverted": wish.mask.is_inverted,
        "retexture.border": border,
    }
    if wish.mask.kind == "GROUP":
        found["retexture.group"] = wish.mask.name
    elif wish.mask.kind == "IMAGE":
        found["retexture.image"] = wish.mask.name
    if str(wish.size) in {size for size, *_ in SIZES}:
        found["retexture.size"] = str(wish.size)
    return found


def _check_limits(strength: float, size: int) -> None:
    """Raises ValueError, with what is allowed, for what every backend refuses. size: 0 for that of the image."""
    try:
        check_strength(strength)
        if size:
            check_texture_size(size, size)
    except RequestRefused as refused:
        raise ValueError(f"{refused.problem.message} {refused.problem.hint}") from refused


CLASSES = (RetextureObject,)
