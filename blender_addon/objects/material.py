"""Materials of generated objects: vertex colours while one grows, then a packed base-colour image."""

from __future__ import annotations

import struct

import bpy
import numpy as np

from ...shared.mesh import TexturedMesh
from .base_color import color_input
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


def repainted(target: bpy.types.Object, image: bpy.types.Image, layer: str) -> bpy.types.Material:
    """A new material with this base colour at a UV map; of an object with a single material, all else is as there."""
    present = {slot.material for slot in target.material_slots}
    only = present.pop() if len(present) == 1 else None
    socket = color_input(only) if only is not None else None
    if only is None or socket is None:
        made = _new_material(target.name)
        source = made.node_tree.nodes.new("ShaderNodeTexImage")
        _connect_base_color(made, source)
    else:
        copy = only.copy()
        assert copy is not None, "materials can be copied"
        made = copy
        made[_IS_OURS] = True
        socket = color_input(made)
        assert socket is not None, "a copy has what it is a copy of"
        source = made.node_tree.nodes.new("ShaderNodeTexImage")
        source.location = socket.node.location.x - 320, socket.node.location.y
        replaced = _feeding(socket)
        made.node_tree.links.new(source.outputs["Color"], socket)
        _remove_unlinked(made, replaced)
    source.image = image
    place = made.node_tree.nodes.new("ShaderNodeUVMap")
    place.uv_map = layer
    place.location = source.location.x - 220, source.location.y
    made.node_tree.links.new(place.outputs["UV"], source.inputs["Vector"])
    made.node_tree.nodes.active = source
    return made


def _remove_unlinked(material: bpy.types.Material, nodes: list[bpy.types.Node]) -> None:
    """Remove those of the nodes that no other takes anything from, and what only they took: it would keep its images.

    What the artist has left unlinked elsewhere stays.
    """
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if any(output.is_linked for output in node.outputs):
            continue
        # One can feed another through several sockets; once removed, it must not be looked at again.
        waiting = [each for each in waiting if each != node]
        before = [each for socket in node.inputs for each in _feeding(socket)]
        waiting += [each for each in before if each not in waiting]
        material.node_tree.nodes.remove(node)


def _feeding(socket: bpy.types.NodeSocket) -> list[bpy.types.Node]:
    return [link.from_node for link in socket.links or () if link.from_node is not None]


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
    image = new_image(name, albedo.shape[1], albedo.shape[0])
    write_image(image, albedo)
    image.pack()
    return image


def new_image(name: str, width: int, height: int) -> bpy.types.Image:
    """A new sRGB image, still black and not packed."""
    return bpy.data.images.new(name, width, height, alpha=False)


def write_image(image: bpy.types.Image, albedo: np.ndarray) -> None:
    """Set all pixels, and the size with them; not packed. albedo: u8[H, W, 3] sRGB, first row is the top."""
    height, width = albedo.shape[:2]
    if np.array(image.size).tolist() != [width, height]:
        image.scale(width, height)
    # Blender stores an image from its bottom row up.
    pixels = np.ones((height, width, 4), np.float32)
    np.multiply(albedo[::-1], np.float32(1 / 255), out=pixels[..., :3])
    image.pixels.foreach_set(pixels.ravel())  # type: ignore[arg-type]
    image.update()


def show_in_passing(image: bpy.types.Image, albedo: np.ndarray) -> None:
    """Let an image show these pixels for a moment, packed. albedo: u8[H, W, 3] sRGB, first row is the top.

    Blender asks at every Ctrl-S whether images shall be saved whose pixels were set since they were packed. Packing
    itself encodes a PNG, which takes Blender's main thread far longer than a tick may; a bitmap is ready at once.
    """
    data = _bitmap(albedo)
    if image.source != "FILE":
        image.source = "FILE"
    image.pack(data=data, data_len=len(data))
    image.buffers_free()
    image.update()
    image.update_tag()


def _bitmap(colors: np.ndarray) -> bytes:
    """The file of a BMP image, 24 bits a pixel. colors: u8[H, W, 3], first row is the top."""
    height, width = colors.shape[:2]
    rows = np.zeros((height, -(-3 * width // 4) * 4), np.uint8)
    rows[:, : 3 * width] = colors[::-1, :, ::-1].reshape(height, -1)
    begin = 54
    file_header = struct.pack("<2sIHHI", b"BM", begin + rows.size, 0, 0, begin)
    image_header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, rows.size, 0, 0, 0, 0)
    return file_header + image_header + rows.tobytes()


def packed_with_mask(name: str, colors: np.ndarray, mask: np.ndarray) -> bpy.types.Image:
    """A new packed image with a mask u8[H, W] beside its colours u8[H, W, 3], neither changed by the other."""
    height, width = mask.shape
    image = bpy.data.images.new(name, width, height, alpha=True)
    image.alpha_mode = "CHANNEL_PACKED"
    pixels = np.empty((height, width, 4), np.float32)
    pixels[..., :3], pixels[..., 3] = colors[::-1], mask[::-1]
    pixels *= np.float32(1 / 255)
    image.pixels.foreach_set(pixels.ravel())  # type: ignore[arg-type]
    image.pack()
    return image


def colors_and_mask(image: bpy.types.Image) -> tuple[np.ndarray, np.ndarray]:
    """What ``packed_with_mask`` packed."""
    width, height = np.array(image.size)
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    values = np.rint(pixels.reshape(height, width, 4)[::-1] * 255).astype(np.uint8)
    return np.ascontiguousarray(values[..., :3]), np.ascontiguousarray(values[..., 3])
