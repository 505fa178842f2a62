"""The object that a job began with, found again: under another name, hidden beside its successor, or as a version."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..state import Provenance
from . import frame_preview, replacement, versions
from .retexture_mark import is_retextured_now


@dataclass(frozen=True)
class Source:
    """target: the object.  version: the one that the job began with; 0 where the object is taken as it is now."""

    target: bpy.types.Object
    version: int

    @property
    def line(self) -> str:
        """For people."""
        return f"'{self.target.name}'{f', version {self.version}' if self.version else ' as it is now'}"


def source_of(origin: Provenance) -> Source:
    """What this job began with. Raises ValueError, saying what is gone and what to do, if it is not there any more."""
    name = origin.beginning.source
    made = next((each for each in _meshes() if versions.version_of_request(each, origin.request_id)), None)
    if made is not None:
        version = versions.version_of_request(made, origin.request_id)
        assert version is not None, "looked for above"
        if version.base not in [each.number for each in versions.versions_of(made)]:
            raise ValueError(
                f"'{made.name}' does not have the version any more that this began with. "
                "Select what it is to begin with, and ask for it in Selected Object."
            )
        return Source(made, version.base)
    found = replacement.find_replaced(origin.request_id) or next(
        (each for each in _meshes() if each.name == name), None
    )
    if found is None or not found.users_scene:
        raise ValueError(
            f"'{name}', which this began with, is gone. "
            "Select what it is to begin with instead, and ask for it in Selected Object."
        )
    return Source(found, 0)


def select(context: bpy.types.Context, source: Source) -> None:
    """Make it the only selected object, visible, in the version that the job began with.

    Raises ValueError, saying why and what to do, where it cannot be.
    """
    target = source.target
    if context.view_layer.objects.get(target.name) is None:
        raise ValueError(f"'{target.name}', which this began with, is in another scene or view layer. Go there first.")
    if context.mode != "OBJECT":
        raise ValueError("Leave to Object Mode first.")
    if is_retextured_now(target):
        raise ValueError(f"'{target.name}' is getting new colours now. Wait until they are done, or cancel its job.")
    for each in context.selected_objects:
        each.select_set(False)
    target.hide_set(False)
    target.select_set(True)
    context.view_layer.objects.active = target
    frame_preview.end(target)
    shown = versions.shown_version(target)
    if source.version and (shown is None or shown.number != source.version):
        versions.show_version(target, source.version)


def _meshes() -> list[bpy.types.Object]:
    found = (each for each in bpy.data.objects if each.type == "MESH" and each.library is None)
    return [each for each in found if each.users_scene]
