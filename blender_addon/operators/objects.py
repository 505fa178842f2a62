"""What can be made of an object that is finished, as ``bpy.ops.any_to_3d.*``: on every selected mesh object."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import bpy

from .. import pump
from ..objects import asset, collision, face_budget, frame_preview, level_of_detail, provenance, quad_remesh
from ..objects.asset_catalogue import PATH, CatalogueError
from ..objects.placement import SHARP_ANGLE
from ..objects.retexture_mark import is_retextured_now
from ..result_settings import LARGEST_BUDGET

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]

_KEEP, _REPAINT = "KEEP", "REPAINT"

_SEAMS = (
    (_KEEP, "Keep Its Texture", "Collapses the seams of its texture last; with very few faces, colours slip there"),
    (_REPAINT, "Paint a New Texture", "New UVs, and a new image with the colours of the old one. Takes some seconds"),
)


def chosen_meshes(context: bpy.types.Context) -> list[bpy.types.Object]:
    """The selected mesh objects that belong to this file."""
    return [each for each in context.selected_objects if each.type == "MESH" and each.library is None]


def why_not_on_meshes(context: bpy.types.Context) -> str:
    """Why nothing can be done to the selection, with what to do; empty if something can."""
    chosen = chosen_meshes(context)
    if not chosen:
        return "Select a mesh object first"
    if context.mode != "OBJECT":
        return "Leave to Object Mode first"
    if any(frame_preview.frame_shown(each) is not None for each in chosen):
        return frame_preview.FRAME_SHOWN
    if any(_is_growing(each) for each in chosen):
        return "A selected object is still growing; wait until it is finished, or cancel its job"
    return ""


def _is_growing(target: bpy.types.Object) -> bool:
    job = pump.link().session.job_of_request(str(target.get(provenance.REQUEST, "")))
    return is_retextured_now(target) or (job is not None and not job.is_over)


def _sharp_angle(target: bpy.types.Object) -> float:
    return float(target.get("any_to_3d_sharp_angle", SHARP_ANGLE))


def _reduce(
    operator: ReduceFaces | MakeLevelsOfDetail, context: bpy.types.Context, target: bpy.types.Object, budget: int
) -> None:
    """Bring an object to a budget, and report where its texture suffers from that."""
    angle = _sharp_angle(target)
    if operator.texture == _REPAINT:
        quad_remesh.repainted(context, target, lambda each: face_budget.reduce_faces(each, budget, angle, False))
        return
    assert isinstance(target.data, bpy.types.Mesh), "callers choose meshes"
    if face_budget.strains_seams(target.data, budget):
        said = f"{budget:,} faces are too few for the seams in the texture of '{target.name}': colours may slip there"
        operator.report({"WARNING"}, f"{said}. '{_SEAMS[1][1]}' avoids that")
    face_budget.reduce_faces(target, budget, angle)


class _OnMeshes(bpy.types.Operator):
    """What these operators share. Never registered itself."""

    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender wants a set

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_not_on_meshes(context)
        if reason:
            cls.poll_message_set(reason)
        return not reason


class ReduceFaces(_OnMeshes):
    """Bring each selected object down to a number of faces, with its texture in place"""

    bl_idname = "any_to_3d.reduce_faces"
    bl_label = "Reduce Faces"

    faces: bpy.props.IntProperty(name="Faces", description="At most", default=5000, min=4, max=LARGEST_BUDGET)
    texture: bpy.props.EnumProperty(name="Texture", description="What becomes of it", items=_SEAMS)

    def execute(self, context: bpy.types.Context) -> Result:
        for target in chosen_meshes(context):
            _reduce(self, context, target, self.faces)
        return {"FINISHED"}


class RemeshQuads(_OnMeshes):
    """Rebuild each selected object of quads (QuadriFlow), with new UVs and a new image with the colours of the old one.
    Takes some seconds"""

    bl_idname = "any_to_3d.remesh_quads"
    bl_label = "Remesh to Quads"

    faces: bpy.props.IntProperty(name="Faces", description="About so many", default=4000, min=8, max=LARGEST_BUDGET)

    def execute(self, context: bpy.types.Context) -> Result:
        try:
            for target in chosen_meshes(context):
                quad_remesh.repainted(context, target, lambda each: quad_remesh.remesh(context, each, self.faces))
        except ValueError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class MakeLevelsOfDetail(_OnMeshes):
    """Make reduced copies named _LOD1, _LOD2 ... in a collection; the object itself becomes _LOD0 and stays in view"""

    bl_idname = "any_to_3d.make_levels_of_detail"
    bl_label = "Make Levels of Detail"

    copies: bpy.props.IntProperty(
        name="Copies", description="How many levels below the object", default=3, min=1, max=8
    )
    ratio: bpy.props.FloatProperty(
        name="Ratio", description="Faces of a level beside those of the one before", default=0.5, min=0.05, max=0.95
    )
    texture: bpy.props.EnumProperty(name="Texture", description="What becomes of it", items=_SEAMS)

    def execute(self, context: bpy.types.Context) -> Result:
        for target in chosen_meshes(context):
            level_of_detail.make_levels(target, self.copies, self.ratio, partial(_reduce, self, context))
        return {"FINISHED"}


class MakeCollision(_OnMeshes):
    """Make a convex collision mesh for a game engine: a child of each selected object, named as the engine expects"""

    bl_idname = "any_to_3d.make_collision"
    bl_label = "Make Collision Mesh"

    max_faces: bpy.props.IntProperty(
        name="Faces", description="At most; physics engines allow 255 or fewer", default=128, min=4, max=1024
    )
    convention: bpy.props.EnumProperty(name="Name", description="Which engine it is for", items=collision.CONVENTIONS)

    def execute(self, context: bpy.types.Context) -> Result:
        try:
            for target in chosen_meshes(context):
                collision.make_collision(target, self.max_faces, self.convention)
        except ValueError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class MarkAsAsset(_OnMeshes):
    """Put each selected object into the Asset Browser, with a preview and its prompt's words as tags"""

    bl_idname = "any_to_3d.mark_as_asset"
    bl_label = "Mark as Asset"

    catalogue: bpy.props.BoolProperty(
        name="Catalogue",
        description=f"File it under '{PATH}', in the catalogue file beside this .blend or of its asset library",
        default=True,
    )

    def execute(self, context: bpy.types.Context) -> Result:
        folder = asset.library_folder() if self.catalogue else None
        try:
            for target in chosen_meshes(context):
                asset.mark(target, folder)
        except CatalogueError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if self.catalogue and folder is None:
            self.report({"WARNING"}, f"Without the catalogue '{PATH}': save this file, then mark the objects again")
        return {"FINISHED"}


CLASSES = (ReduceFaces, RemeshQuads, MakeLevelsOfDetail, MakeCollision, MarkAsAsset)
