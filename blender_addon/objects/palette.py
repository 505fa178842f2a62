"""Which colours objects have, and how tall they are: what another object is to go with."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np
from mathutils import Vector

from ..request.colour_words import linear_of_srgb, palette_words
from .mesh_reading import pixels_of, surface_of
from .units import metres_per_unit

_MOST_SAMPLES = 20_000


def words_of(objects: Sequence[bpy.types.Object]) -> tuple[str, ...]:
    """The words for the base colours of most of these objects' surface; none where no material says a colour."""
    colors: list[np.ndarray] = []
    areas: list[np.ndarray] = []
    for each in objects:
        if isinstance(each.data, bpy.types.Mesh):
            _sample(each, each.data, colors, areas)
    if not colors:
        return ()
    return palette_words(np.concatenate(colors), np.concatenate(areas))


def height_of(objects: Sequence[bpy.types.Object], scene: bpy.types.Scene) -> float:
    """From the lowest to the highest point of their bounding boxes, in metres; 0 for what has no size."""
    heights = [(each.matrix_world @ Vector(corner)).z for each in objects for corner in each.bound_box]
    return (max(heights) - min(heights)) * metres_per_unit(scene) if heights else 0.0


def _sample(target: bpy.types.Object, mesh: bpy.types.Mesh, colors: list[np.ndarray], areas: list[np.ndarray]) -> None:
    """Add the colour of some of its triangles, linear f[N, 3], and their areas f[N]."""
    uvs = surface_of(mesh).uvs
    triangles = mesh.loop_triangles
    slot_of, area = np.empty(len(triangles), np.int32), np.empty(len(triangles), np.float32)
    triangles.foreach_get("material_index", slot_of)
    triangles.foreach_get("area", area)
    size = abs(target.matrix_world.determinant()) ** (2 / 3)
    stride = max(1, len(triangles) // _MOST_SAMPLES)
    for number, slot in enumerate(target.material_slots):
        chosen = np.flatnonzero(slot_of == number)[::stride]
        if slot.material is not None and len(chosen):
            colors.append(_base_colors(slot.material, uvs[chosen].mean(axis=1)))
            areas.append(area[chosen] * size)


def _base_colors(material: bpy.types.Material, uvs: np.ndarray) -> np.ndarray:
    """Linear base colours f[N, 3] at these points f[N, 2]; the viewport's where they are neither one nor an image."""
    nodes = material.node_tree.nodes if material.node_tree else ()
    shader = next((node for node in nodes if node.type == "BSDF_PRINCIPLED"), None)
    color = np.array(material.diffuse_color)[:3]
    if shader is not None:
        socket = shader.inputs["Base Color"]
        source = socket.links[0].from_node if socket.links else None
        if isinstance(source, bpy.types.ShaderNodeTexImage) and source.image is not None and source.image.has_data:
            return _texels(source.image, uvs)
        if source is None and isinstance(socket, bpy.types.NodeSocketColor):
            color = np.array(socket.default_value)[:3]
    return np.tile(color, (len(uvs), 1))


def _texels(image: bpy.types.Image, uvs: np.ndarray) -> np.ndarray:
    pixels = pixels_of(image)
    height, width = pixels.shape[:2]
    wrapped = uvs % 1.0
    column = (wrapped[:, 0] * width).astype(int).clip(max=width - 1)
    row = ((1 - wrapped[:, 1]) * height).astype(int).clip(0, height - 1)
    found = pixels[row, column]
    return found if image.is_float else linear_of_srgb(found)
