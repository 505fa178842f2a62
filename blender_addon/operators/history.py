"""What can be done with an entry of the history, as ``bpy.ops.any_to_3d.*``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from .. import properties, pump
from ..history import entries as history
from ..objects import frame_preview, placing, scene, versions
from . import again

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

    Result = set[OperatorReturnItems]


class _OfEntry(bpy.types.Operator):
    """Operators on one entry. Never registered itself."""

    request_id: bpy.props.StringProperty(description="Empty: the chosen entry", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if len(context.scene.any_to_3d_history):
            return True
        cls.poll_message_set("Nothing has been generated in this scene yet")
        return False

    def _entry(self, context: bpy.types.Context) -> history.AnyTo3DHistoryEntry | None:
        listed = context.scene.any_to_3d_history
        if self.request_id:
            return history.find(context.scene, self.request_id)
        index = context.scene.any_to_3d_history_index
        return listed[index] if 0 <= index < len(listed) else None

    def execute(self, context: bpy.types.Context) -> Result:
        entry = self._entry(context)
        if entry is None:
            self.report({"ERROR"}, f"The history of scene '{context.scene.name}' has no such entry")
            return {"CANCELLED"}
        return self.act(context, entry)

    def act(self, context: bpy.types.Context, entry: history.AnyTo3DHistoryEntry) -> Result:
        raise NotImplementedError


class UseSettings(_OfEntry):
    """Fill the panel with the settings of this entry, and select what it began with if that was an object"""

    bl_idname = "any_to_3d.use_settings"
    bl_label = "Use These Settings"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender wants a set

    def act(self, context: bpy.types.Context, entry: history.AnyTo3DHistoryEntry) -> Result:
        properties.fill(properties.settings(context), properties.values_of(entry.settings))
        pump.redraw()
        try:
            line = again.select_beginning(context, history.origin_of(entry))
        except ValueError as error:
            self.report({"WARNING"}, str(error))
            return {"FINISHED"}
        if line:
            self.report({"INFO"}, line)
        return {"FINISHED"}


class GenerateAgain(_OfEntry):
    """Ask for this once more, from what it began with: its prompt alone, an object, or what another job has left"""

    bl_idname = "any_to_3d.generate_again"
    bl_label = "Generate Again"

    def act(self, context: bpy.types.Context, entry: history.AnyTo3DHistoryEntry) -> Result:
        chosen, origin = properties.settings(context), history.origin_of(entry)
        present = properties.values_of(chosen)
        properties.fill(chosen, properties.values_of(entry.settings))
        try:
            return again.ask_again(context, origin)
        except ValueError as error:
            self.report({"WARNING"}, str(error))
            return {"CANCELLED"}
        except RuntimeError as error:  # how Blender says that the operator's poll forbids it
            self.report({"WARNING"}, str(error).partition(":")[2].strip() or str(error))
            return {"CANCELLED"}
        finally:
            properties.fill(chosen, present)


class BringBack(_OfEntry):
    """Select the object of this entry, in its version; one that is gone is asked for, and put at the 3D cursor"""

    bl_idname = "any_to_3d.bring_back"
    bl_label = "Bring Back"

    def act(self, context: bpy.types.Context, entry: history.AnyTo3DHistoryEntry) -> Result:
        origin = history.origin_of(entry)
        name = scene.name_of_object(origin)
        if name is not None:
            return self._select(context, bpy.data.objects[name], origin.request_id)
        if not entry.job_id:
            self.report({"WARNING"}, "No backend has accepted this request, so none can send its object")
            return {"CANCELLED"}
        link = pump.link()
        if link.session.connection != "connected":
            self.report({"WARNING"}, "Its object is gone, and no backend is connected that could send it again")
            return {"CANCELLED"}
        link.fetch(origin, placing.placement(context, entry.settings.height, "CURSOR"))
        pump.wake()
        return {"FINISHED"}

    def _select(self, context: bpy.types.Context, target: bpy.types.Object, request_id: str) -> Result:
        if context.view_layer.objects.get(target.name) is None:
            self.report({"WARNING"}, f"'{target.name}' is in another scene or view layer")
            return {"CANCELLED"}
        for each in context.selected_objects:
            each.select_set(False)
        target.hide_set(False)
        target.select_set(True)
        context.view_layer.objects.active = target
        version = versions.version_of_request(target, request_id)
        if version is not None and not version.is_shown and target.mode == "OBJECT":
            frame_preview.end(target)
            versions.show_version(target, version.number)
            scene.push_undo(f"Any to 3D: {version.label}")
        return {"FINISHED"}


class RemoveEntry(_OfEntry):
    """Remove this entry from the history; its object stays"""

    bl_idname = "any_to_3d.remove_entry"
    bl_label = "Remove from History"
    bl_options = {"UNDO"}  # noqa: RUF012 - Blender wants a set

    def act(self, context: bpy.types.Context, entry: history.AnyTo3DHistoryEntry) -> Result:
        request_id = entry.request_id
        pump.link().forget(request_id)
        history.remove(context.scene, request_id)
        pump.redraw()
        return {"FINISHED"}


CLASSES = (UseSettings, GenerateAgain, BringBack, RemoveEntry)
