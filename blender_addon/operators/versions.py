"""Switching between the versions of the active object in place, as ``bpy.ops.any_to_3d.version_*``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..objects import frame_preview, versions

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]


def why_not_switch(target: bpy.types.Object | None) -> str:
    """Why there is nothing to switch between; empty if there is."""
    if target is None or target.type != "MESH":
        return "Select a mesh object first"
    if target.library is not None:
        return f"'{target.name}' is linked from another file. Make it local: Object > Relations > Make Local"
    if len(versions.versions_of(target)) < 2:
        return f"'{target.name}' has no other version"
    return ""


class _OfVersions(bpy.types.Operator):
    """Operators on the active object's versions. Never registered itself."""

    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender wants a set

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        reason = why_not_switch(context.active_object)
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def target(self, context: bpy.types.Context) -> bpy.types.Object:
        assert context.active_object is not None, "poll forbids the operator without one"
        return context.active_object

    def show(self, target: bpy.types.Object, number: int) -> Result:
        try:
            frame_preview.end(target)
            versions.show_version(target, number)
        except ValueError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def show_beside(self, target: bpy.types.Object, step: int) -> Result:
        """The version so many steps after the one that is shown; after the last comes the first."""
        every = versions.versions_of(target)
        shown = next((place for place, each in enumerate(every) if each.is_shown), -1 if step > 0 else 0)
        return self.show(target, every[(shown + step) % len(every)].number)


class NextVersion(_OfVersions):
    """Show the next version of the active object in its place"""

    bl_idname = "any_to_3d.version_next"
    bl_label = "Next Version"

    def execute(self, context: bpy.types.Context) -> Result:
        return self.show_beside(self.target(context), 1)


class PreviousVersion(_OfVersions):
    """Show the version before this one of the active object in its place"""

    bl_idname = "any_to_3d.version_previous"
    bl_label = "Previous Version"

    def execute(self, context: bpy.types.Context) -> Result:
        return self.show_beside(self.target(context), -1)


class SetVersion(_OfVersions):
    """Show this version of the active object in its place"""

    bl_idname = "any_to_3d.version_set"
    bl_label = "Show Version"

    number: bpy.props.IntProperty(name="Number", description="1 is the oldest", default=1, min=1)

    def execute(self, context: bpy.types.Context) -> Result:
        return self.show(self.target(context), self.number)


class RemoveOtherVersions(_OfVersions):
    """Forget every version of the active object but the one that it shows, with the images that only they use"""

    bl_idname = "any_to_3d.remove_other_versions"
    bl_label = "Remove Other Versions"

    def execute(self, context: bpy.types.Context) -> Result:
        count = versions.remove_other_versions(self.target(context))
        self.report({"INFO"}, f"{count} versions removed")
        return {"FINISHED"}


CLASSES = (NextVersion, PreviousVersion, SetVersion, RemoveOtherVersions)
