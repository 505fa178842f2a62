"""Quads by Blender's QuadriFlow, which drops UVs: so the mesh is unwrapped again, and its colours painted onto it."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np

from ...shared.mesh import TexturedMesh
from . import material
from .mesh_data import UV_MAP
from .mesh_reading import base_color_image, pixels_of, surface_of
from .texture_transfer import transfer
from .unwrapping import alone, unwrap

_SMALLEST_IMAGE = 256


def remesh(context: bpy.types.Context, target: bpy.types.Object, faces: int) -> None:
    """Rebuild the object's mesh of about so many quads. Raises ValueError for a mesh that QuadriFlow does not take."""
    before = surface_of(_mesh_of(target)).vertices
    with alone(context, target):
        try:
            bpy.ops.object.quadriflow_remesh(target_faces=faces, use_mesh_symmetry=False)
        except RuntimeError as error:
            raise ValueError(f"'{target.name}' cannot be remeshed: {str(error).strip()}") from error
    # A mesh that QuadriFlow refuses is a warning to Blender, and on 4.2 the operator even says that it finished.
    if np.array_equal(before, surface_of(_mesh_of(target)).vertices):
        raise ValueError(
            f"QuadriFlow does not take '{target.name}': no edge may have more than two faces, and all faces must point "
            "outwards (Mesh > Normals > Recalculate Outside)."
        )
    _mesh_of(target).shade_smooth()


def repainted(
    context: bpy.types.Context, target: bpy.types.Object, change: Callable[[bpy.types.Object], object]
) -> None:
    """Let ``change`` rebuild the object's mesh, then give it new UVs and a new image with the colours that it had.

    An object without an image keeps its materials. What ``change`` raises comes through, with the object as it was.
    """
    before = surface_of(_mesh_of(target))
    image = base_color_image(target)
    change(target)
    layers = _mesh_of(target).uv_layers
    for layer in list(layers):
        layers.remove(layer)
    unwrap(context, target, UV_MAP)
    if image is None or not image.has_data:
        return
    size = max(_SMALLEST_IMAGE, *np.array(image.size))
    after = surface_of(_mesh_of(target))
    albedo = transfer(before, pixels_of(image), after, size)
    uvs, uv_faces = after.uvs.reshape(-1, 2), np.arange(after.faces.size, dtype=np.int32).reshape(-1, 3)
    mesh = _mesh_of(target)
    mesh.materials.clear()
    material.show_albedo(mesh, target.name, TexturedMesh(after.vertices, after.faces, uvs, uv_faces, albedo))


def _mesh_of(target: bpy.types.Object) -> bpy.types.Mesh:
    assert isinstance(target.data, bpy.types.Mesh), "callers choose meshes"
    return target.data
