"""Where the artist looks from: the 3D view that the mouse is in, or the scene's camera."""

from __future__ import annotations

import bpy
from mathutils import Matrix, Quaternion, Vector

from ...shared.messages import SeenFrom
from ..iteration_settings import CAMERA, RECIPE
from ..request.view_angle import angle_of
from .placement import Placement
from .units import to_units

_TOWARDS_EYE = Vector((0.0, 0.0, 1.0))
"""A camera looks down its own -Z."""


def seen_from(context: bpy.types.Context, choice: str, placement: Placement) -> SeenFrom | None:
    """From where the view or the camera sees an object that will stand at this place; None for the recipe's own choice.

    Raises ValueError, saying what to do, where there is no such view, or it stands inside the place.
    """
    if choice == RECIPE:
        return None
    scene = context.scene
    assert scene is not None, "operators run in a scene"
    middle = to_units(placement.height, scene) / 2 if placement.origin == "BASE" else 0.0
    old = bpy.data.objects.get(placement.replaces)
    turned = old.matrix_world.to_quaternion() if old is not None else Quaternion()
    target = Vector(placement.location) + turned @ Vector((0.0, 0.0, middle))
    direction = _camera_direction(scene, target) if choice == CAMERA else _view_direction(context, target)
    return angle_of((turned.inverted() @ direction).to_tuple())


def _camera_direction(scene: bpy.types.Scene, target: Vector) -> Vector:
    camera = scene.camera
    if camera is None or not isinstance(camera.data, bpy.types.Camera):
        raise ValueError("The scene has no camera. Add one, or choose another angle for the image.")
    return _direction(camera.matrix_world, camera.data.type != "ORTHO", target)


def _view_direction(context: bpy.types.Context, target: Vector) -> Vector:
    region = context.region_data
    if region is None and isinstance(context.space_data, bpy.types.SpaceView3D):
        region = context.space_data.region_3d  # the mouse is in the sidebar
    if region is None:
        raise ValueError("This is no 3D view, so there is nothing that the image could be seen from. Use the camera.")
    return _direction(region.view_matrix.inverted(), region.is_perspective, target)


def _direction(eye: Matrix, is_perspective: bool, target: Vector) -> Vector:
    return eye.translation - target if is_perspective else eye.to_3x3() @ _TOWARDS_EYE
