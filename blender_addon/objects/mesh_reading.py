"""Arrays out of a Blender mesh and its texture."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np


@dataclass(frozen=True)
class Surface:
    """A mesh in triangles. vertices f32[V, 3]; faces i32[F, 3]; uvs f32[F, 3, 2], zeros without a UV map."""

    vertices: np.ndarray
    faces: np.ndarray
    uvs: np.ndarray


def surface_of(mesh: bpy.types.Mesh) -> Surface:
    """The mesh's triangles, whatever its faces are, with the active UV map."""
    mesh.calc_loop_triangles()
    vertices = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", vertices)
    faces = np.empty(len(mesh.loop_triangles) * 3, np.int32)
    mesh.loop_triangles.foreach_get("vertices", faces)
    corners = np.empty(len(mesh.loop_triangles) * 3, np.int32)
    mesh.loop_triangles.foreach_get("loops", corners)
    uv = np.zeros(len(mesh.loops) * 2, np.float32)
    if mesh.uv_layers.active is not None:
        mesh.uv_layers.active.uv.foreach_get("vector", uv)
    return Surface(vertices.reshape(-1, 3), faces.reshape(-1, 3), uv.reshape(-1, 2)[corners].reshape(-1, 3, 2))


def base_color_image(target: bpy.types.Object) -> bpy.types.Image | None:
    """The image behind Base Color of the object's first material, if there is one."""
    material = next((slot.material for slot in target.material_slots if slot.material is not None), None)
    if material is None or material.node_tree is None:
        return None
    for node in material.node_tree.nodes:
        links = node.inputs["Base Color"].links if node.type == "BSDF_PRINCIPLED" else None
        if links:
            source = links[0].from_node
            return source.image if isinstance(source, bpy.types.ShaderNodeTexImage) else None
    return None


def pixels_of(image: bpy.types.Image) -> np.ndarray:
    """The image as f32[H, W, 3] in its own colour space, first row is the top."""
    width, height = np.array(image.size)
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    return pixels.reshape(height, width, 4)[::-1, :, :3]
