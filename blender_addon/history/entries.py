"""What was generated in this file: saved in the .blend, with the settings to do it again and a picture to know it by.

The link keeps an ``Entry`` of every job of this session, so that undo, which takes the scene's properties back, cannot
make the history forget.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import bpy

from .. import properties
from ..properties import AnyTo3DSettings, Values
from ..request.beginning import Beginning
from ..request.submission import PromptFields
from ..state import Provenance

LONGEST = 100
"""Entries kept in a scene; the oldest go first."""


@dataclass(frozen=True)
class Entry:
    """One request: its settings by name, and what became of it. thumbnail: see history_picture.packed."""

    origin: Provenance
    settings: Values
    scene: str
    when: str
    outcome: str = "asked"
    seconds: float = 0.0
    backend: str = ""
    thumbnail: str = field(default="", repr=False)


class AnyTo3DHistoryEntry(bpy.types.PropertyGroup):
    """An Entry in the .blend."""

    request_id: bpy.props.StringProperty()
    job_id: bpy.props.StringProperty()
    title: bpy.props.StringProperty(name="Prompt")
    when: bpy.props.StringProperty(name="Asked at")
    outcome: bpy.props.StringProperty(name="Outcome")
    seconds: bpy.props.FloatProperty(name="Seconds")
    backend: bpy.props.StringProperty(name="Backend")
    thumbnail: bpy.props.StringProperty(name="Picture")
    parent: bpy.props.StringProperty(name="Goes on from")
    until: bpy.props.StringProperty(name="Ends after")
    retextured: bpy.props.StringProperty(name="New colours for")
    beginning: bpy.props.StringProperty(name="Began with")
    is_folded: bpy.props.BoolProperty(name="Folded", description="Hide what goes on from it")
    settings: bpy.props.PointerProperty(type=AnyTo3DSettings)


def write(entry: Entry) -> None:
    """Put it into its scene's history, in place of what was known of the same request."""
    scene = bpy.data.scenes.get(entry.scene) or bpy.context.scene
    kept = listed(scene)
    item = find(scene, entry.origin.request_id)
    if item is None:
        item = kept.add()
        kept.move(len(kept) - 1, 0)  # the newest on top
        item = kept[0]
        while len(kept) > LONGEST:
            kept.remove(len(kept) - 1)
    item.request_id, item.job_id, item.title = entry.origin.request_id, entry.origin.job_id, entry.origin.prompt
    item.when, item.outcome, item.seconds = entry.when, entry.outcome, entry.seconds
    item.backend, item.thumbnail = entry.backend, entry.thumbnail
    item.parent, item.until = entry.origin.parent, entry.origin.until
    item.retextured, item.beginning = entry.origin.retextured, entry.origin.beginning.text
    properties.fill(item.settings, entry.settings)


def settings_of(context: bpy.types.Context, panels: PromptFields, fields: PromptFields, height: float) -> Values:
    """The panel's settings, with what an operator was given instead. panels: its prompt.  height: metres."""
    given: Values = {
        "prompt": fields.text,
        "text_weight": fields.text_weight,
        "image": fields.image,
        "image_weight": fields.image_weight,
        "sound": fields.sound,
        "sound_weight": fields.sound_weight,
        "negative": fields.negative,
        "preset": fields.preset,
        "seed": fields.seed,
    }
    values = properties.values_of(properties.settings(context)) | {"height": height}
    for name, value in given.items():
        field = "text" if name == "prompt" else name
        if value != getattr(panels, field):
            # What is in the .blend comes before a line or a file, so it must step aside.
            values |= {name: value, f"{field}_block": ""}
    return values


def entries() -> tuple[Entry, ...]:
    """All that this file's scenes remember, oldest first."""
    scenes = bpy.data.scenes
    return tuple(_read(item, each.name) for each in scenes for item in reversed(listed(each)))


def job_ids() -> set[str]:
    """The jobs that this file's scenes remember; an empty text is among them where one was never accepted."""
    return {item.job_id for each in bpy.data.scenes for item in listed(each)}


def listed(scene: bpy.types.Scene | None) -> bpy.types.bpy_prop_collection_idprop[AnyTo3DHistoryEntry]:
    """The scene's entries, the newest first."""
    return scene.any_to_3d_history


def _read(item: AnyTo3DHistoryEntry, scene: str) -> Entry:
    values = properties.values_of(item.settings)
    return Entry(origin_of(item), values, scene, item.when, item.outcome, item.seconds, item.backend, item.thumbnail)


def find(scene: bpy.types.Scene | None, request_id: str) -> AnyTo3DHistoryEntry | None:
    """The scene's entry of a request."""
    return next((each for each in listed(scene) if each.request_id == request_id), None)


def remove(scene: bpy.types.Scene | None, request_id: str) -> None:
    """Forget one entry."""
    for index, each in enumerate(listed(scene)):
        if each.request_id == request_id:
            listed(scene).remove(index)
            return


def origin_of(item: AnyTo3DHistoryEntry) -> Provenance:
    """Which job it was."""
    chosen = item.settings
    return Provenance(
        item.request_id,
        item.title,
        chosen.recipe,
        chosen.preset,
        chosen.seed,
        item.job_id,
        negative=chosen.negative,
        parent=item.parent,
        until=item.until,
        retextured=item.retextured,
        beginning=Beginning.of_text(item.beginning),
    )


def settings_of_job(job_id: str) -> Values | None:
    """The settings that a job of this file was asked for with; None if no history knows it."""
    items = (item for each in bpy.data.scenes for item in listed(each) if job_id and item.job_id == job_id)
    found = next(items, None)
    return properties.values_of(found.settings) if found is not None else None


def register() -> None:
    bpy.types.Scene.any_to_3d_history = bpy.props.CollectionProperty(type=AnyTo3DHistoryEntry)  # type: ignore[attr-defined]
    bpy.types.Scene.any_to_3d_history_index = bpy.props.IntProperty(name="Chosen entry")  # type: ignore[attr-defined]


def unregister() -> None:
    del bpy.types.Scene.any_to_3d_history_index  # type: ignore[attr-defined]
    del bpy.types.Scene.any_to_3d_history  # type: ignore[attr-defined]
