"""The settings of going on from something: a view, a shape to be approved, a mesh. Saved in the .blend."""

from __future__ import annotations

import bpy

RECIPE, VIEW, CAMERA = "RECIPE", "VIEW", "CAMERA"

ANGLES = (
    (RECIPE, "As the Recipe Has It", "The picture shows the object from the front, a little from above"),
    (VIEW, "From This View", "The picture shows the object as this 3D view shows the place where it will be"),
    (CAMERA, "From the Camera", "The picture shows the object as the scene's camera shows the place where it will be"),
)


class IterationSettings(bpy.types.PropertyGroup):
    seen_from: bpy.props.EnumProperty(
        name="Image Is Seen", description="From where the picture of the prompt shows its object", items=ANGLES
    )
    approve_shape: bpy.props.BoolProperty(
        name="Approve the Shape First",
        description="Stop when the shape is done, so that you can look at it and edit it before it is painted",
    )
    keep: bpy.props.FloatProperty(
        name="Keep My Shape",
        description="0: the mesh is a mere hint. 1: its outline stays as it is from every side",
        default=0.5,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )


CLASSES = (IterationSettings,)
