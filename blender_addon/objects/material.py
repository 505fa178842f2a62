"""Materials of generated objects: vertex colours while one grows, then a packed base-colour image."""

from __future__ import annotations

import bpy
import numpy as np

from ...shared.mesh import TexturedMesh
from .mesh_data import COLOR_ATTRIBUTE, solid_color, surface_colors

_ROUGHNESS = 0.7
_METALLIC = 0.0

_IS_OURS = "any_to_3d"


def show_vertex_colors(mesh: bpy.types.Mesh, name: str, colors: np.ndarray | None) -> None:
    """Give the mesh a material that shows its colour attribute; one that the artist assigned is left in peace.

    colors: u8[V, 4] sRGB; what most of them show is the colour in Solid view.
    """
    if not mesh.materials:
        material = _new_material(name)
        source = material.node_tree.nodes.new("ShaderNodeVertexColor")
        source.layer_name = COLOR_ATTRIBUTE
        _connect_base_color(material, source)
        mesh.materials.append(material)
    ours = _own_material(mesh)
    if ours is not None and colors is not None:
        _set_solid_color(ours, colors)


def show_albedo(mesh: bpy.types.Mesh, name: str, textured: TexturedMesh) -> None:
    """Replace the mesh's materials by one with the albedo as base colour, packed into the .blend.

    Its image node is the active one, which Solid view shows where its colours are set to Texture.
    """
    material = _own_material(mesh) or _new_material(name)
    mesh.materials.clear()
    mesh.materials.append(material)
    material.node_tree.nodes.clear()
    source = material.node_tree.nodes.new("ShaderNodeTexImage")
    source.image = packed_image(f"{name} base color", textured.albedo)
    _connect_base_color(material, source)
    material.node_tree.nodes.active = source
    _set_solid_color(material, surface_colors(textured))


def _own_material(mesh: bpy.types.Mesh) -> bpy.types.Material | None:
    """The material that we made for this mesh, unless the artist took it away."""
    return next((each for each in mesh.materials if each is not None and each.get(_IS_OURS)), None)


def _set_solid_color(material: bpy.types.Material, colors: np.ndarray) -> None:
    material.diffuse_color = (*solid_color(colors), 1.0)  # type: ignore[assignment]


def _new_material(name: str) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    material[_IS_OURS] = True
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True  # always true, and deprecated, from 5.0 on
    material.node_tree.nodes.clear()
    return material


def _connect_base_color(material: bpy.types.Material, source: bpy.types.Node) -> None:
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = nodes.new("ShaderNodeBsdfPrincipled")
    shader.inputs["Roughness"].default_value = _ROUGHNESS
    shader.inputs["Metallic"].default_value = _METALLIC
    output = nodes.new("ShaderNodeOutputMaterial")
    source.location, shader.location, output.location = (-320, 0), (0, 0), (320, 0)
    links.new(source.outputs["Color"], shader.inputs["Base Color"])
    links.new(shader.outputs["BSDF"], output.inputs["Surface"])


def packed_image(name: str, albedo: np.ndarray) -> bpy.types.Image:
    """A new sRGB image, packed into the .blend. albedo: u8[H, W, 3] sRGB, first row is the top."""
    height, width = albedo.shape[:2]
    image = bpy.data.images.new(name, width, height, alpha=False)
    # Blender stores an image from its bottom row up.
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = albedo[::-1] / np.float32(255)
    image.pixels.foreach_set(pixels.ravel())  # type: ignore[arg-type]
    image.update()
    image.pack()
    return image
