"""The settings of what becomes of a result, and of a batch. Saved in the .blend, below the prompt's."""

from __future__ import annotations

import math

import bpy

from .objects.placement import SHARP_ANGLE
from .objects.units import metres_per_unit

LARGEST_BUDGET = 500_000
MOST_SEEDS = 64
PANELS = "PANEL"
LOWEST_HEIGHT = 0.001

PLACES = (
    ("CURSOR", "At the 3D Cursor", "Its origin is where the 3D cursor is", "PIVOT_CURSOR", 0),
    ("SURFACE", "On the Surface", "On the first surface below the 3D cursor, or on the floor", "SNAP_FACE", 1),
    (
        "REPLACE",
        "Replace the Active Object",
        "Where the active object stands, as high as it and in its collections. That one is hidden; undo brings it back",
        "OBJECT_HIDDEN",
        2,
    ),
)
ORIGINS = (
    ("BASE", "Base", "In the middle of its underside: set its location, and it stands there"),
    ("CENTRE", "Centre", "In the middle of its bounding box: for things that turn or float"),
)

YES_OR_NO = (("YES", "Yes", "Whatever the panel says"), ("NO", "No", "Whatever the panel says"))


def _shown_height(settings: ResultSettings) -> float:
    scene = _scene_of(settings)
    return scene.any_to_3d.height / metres_per_unit(scene)  # type: ignore[attr-defined]


def _set_shown_height(settings: ResultSettings, units: float) -> None:
    scene = _scene_of(settings)
    scene.any_to_3d.height = units * metres_per_unit(scene)  # type: ignore[attr-defined]


def _scene_of(settings: ResultSettings) -> bpy.types.Scene:
    scene = settings.id_data
    assert isinstance(scene, bpy.types.Scene), "where these settings are kept"
    return scene


class ResultSettings(bpy.types.PropertyGroup):
    height: bpy.props.FloatProperty(
        name="Height",
        description="How tall the finished object is",
        min=0.0,
        soft_max=100.0,
        unit="LENGTH",
        get=_shown_height,
        set=_set_shown_height,
    )
    """The height in metres, as the scene's units show lengths."""
    place: bpy.props.EnumProperty(name="Place", description="Where the object will be", items=PLACES)
    takes_name: bpy.props.BoolProperty(
        name="Take Its Name", description="Give the new object the name of the one that it replaces", default=True
    )
    origin: bpy.props.EnumProperty(name="Origin", description="Where the object's origin is", items=ORIGINS)
    max_faces: bpy.props.IntProperty(
        name="Faces",
        description="How many faces the object has at most; 0 keeps what the backend makes",
        min=0,
        max=LARGEST_BUDGET,
        step=1000,
    )
    sharp_angle: bpy.props.FloatProperty(
        name="Sharp Above",
        description="Edges between faces that differ by more than this look sharp, the others smooth",
        default=SHARP_ANGLE,
        min=0.0,
        max=math.pi,
        subtype="ANGLE",
    )


class BatchSettings(bpy.types.PropertyGroup):
    text: bpy.props.PointerProperty(
        name="Prompts", description="A text in this file with one prompt a line", type=bpy.types.Text
    )
    file: bpy.props.StringProperty(
        name="File", description="A text file with one prompt a line, if no text is chosen", subtype="FILE_PATH"
    )
    seeds: bpy.props.IntProperty(
        name="Seeds",
        description="How many objects from each prompt: seed, seed + 1 ...",
        default=1,
        min=1,
        max=MOST_SEEDS,
    )
    spacing: bpy.props.FloatProperty(
        name="Spacing",
        description="From one object to the next, as a multiple of their height",
        default=1.5,
        min=0.1,
        soft_max=10.0,
    )


def or_panels(items: tuple[tuple[str | int, ...], ...]) -> list[tuple[str, str, str]]:
    """The items of an operator's property that may also be left to the panel, which is its default."""
    given = [(str(item[0]), str(item[1]), str(item[2])) for item in items]
    return [(PANELS, "As in the Panel", "What the panel says"), *given]


CLASSES = (ResultSettings, BatchSettings)
