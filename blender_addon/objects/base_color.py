"""What a material's base colour is, as far as it can be read without rendering: one colour, a picture, or an attribute.

Procedural textures, mixtures and node groups are not computed here: such a material counts as its viewport colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

import bpy
import numpy as np

from .image_sampling import as_bytes, srgb_of_linear

_COLOR_INPUTS = ("Base Color", "Color")
_NO_MATERIAL = (0.8, 0.8, 0.8)
"""How Blender draws what has no material, linear."""


@dataclass(frozen=True)
class FlatColor:
    """One colour, sRGB bytes. notice: what could not be read, for the artist."""

    color: tuple[int, int, int]
    notice: str = ""


@dataclass(frozen=True)
class Picture:
    """An image at UV coordinates. uv_layer: empty for the mesh's render layer."""

    image: str
    uv_layer: str
    repeats: bool


@dataclass(frozen=True)
class ColorAttribute:
    """A colour attribute of the mesh; an empty name is its render one."""

    name: str


BaseColor = Union[FlatColor, Picture, ColorAttribute]


def base_color_of(material: bpy.types.Material | None) -> BaseColor:
    """What the material's surface shader takes as its colour."""
    if material is None:
        return FlatColor(_displayed(_NO_MATERIAL), "Parts without a material count as light grey.")
    socket = _color_socket(material)
    if socket is None:
        return _as_in_viewport(material)
    source = _source(socket)
    if source is None:
        return FlatColor(_displayed(socket.default_value))  # type: ignore[attr-defined]
    if isinstance(source, bpy.types.ShaderNodeTexImage):
        return _picture(source) or _as_in_viewport(material)
    if isinstance(source, bpy.types.ShaderNodeVertexColor):
        return ColorAttribute(source.layer_name)
    if isinstance(source, bpy.types.ShaderNodeAttribute) and source.attribute_type == "GEOMETRY":
        return ColorAttribute(source.attribute_name)
    if isinstance(source, bpy.types.ShaderNodeRGB):
        return FlatColor(_displayed(source.outputs[0].default_value))  # type: ignore[index]
    return _as_in_viewport(material)


def has_tiles(material: bpy.types.Material | None) -> bool:
    """Whether its base colour is an image of UDIM tiles."""
    socket = _color_socket(material) if material is not None else None
    source = _source(socket) if socket is not None else None
    return isinstance(source, bpy.types.ShaderNodeTexImage) and bool(source.image) and source.image.source == "TILED"


def pixels_of(image: bpy.types.Image) -> np.ndarray | None:
    """The image as displayed, u8[H, W, 4] sRGB with alpha, first row the top; None for one without pixels.

    The bytes of an 8-bit sRGB image come out as they are.
    """
    width, height = np.array(image.size).tolist()
    if not width or not height or image.source == "TILED":
        return None
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    colors = pixels.reshape(height, width, 4)[::-1]
    if image.is_float or image.colorspace_settings.name != "sRGB":
        colors = np.concatenate([srgb_of_linear(colors[..., :3]), colors[..., 3:]], axis=-1)
    return as_bytes(colors)


def color_input(material: bpy.types.Material) -> bpy.types.NodeSocket | None:
    """The colour input of the Principled shader behind the material's output, None for any other shader."""
    socket = _color_socket(material)
    return socket if socket is not None and socket.node.type == "BSDF_PRINCIPLED" else None


def _color_socket(material: bpy.types.Material) -> bpy.types.NodeSocket | None:
    tree = material.node_tree
    if tree is None or (bpy.app.version < (5, 0, 0) and not material.use_nodes):
        return None
    outputs = [each for each in tree.nodes if isinstance(each, bpy.types.ShaderNodeOutputMaterial)]
    outputs = [each for each in outputs if each.is_active_output]
    surface = next((each for output in outputs for each in output.inputs or () if each.name == "Surface"), None)
    shader = _source(surface) if surface is not None else None
    if shader is None:
        return None
    return next((shader.inputs[name] for name in _COLOR_INPUTS if name in shader.inputs), None)


def _source(socket: bpy.types.NodeSocket) -> bpy.types.Node | None:
    """The node that feeds the socket, past reroutes."""
    while socket.is_linked and socket.links:
        node = socket.links[0].from_node
        if node.type != "REROUTE":
            return node
        socket = node.inputs[0]
    return None


def _picture(node: bpy.types.ShaderNodeTexImage) -> Picture | None:
    if (
        node.image is None
        or node.image.source == "TILED"
        or not np.array(node.image.size).any()
        or node.projection != "FLAT"
    ):
        return None
    if node.extension not in ("REPEAT", "EXTEND"):
        return None
    placed = next(each for each in node.inputs if each.name == "Vector")
    vector = _source(placed)
    if vector is None:
        layer = ""
    elif isinstance(vector, bpy.types.ShaderNodeUVMap):
        layer = vector.uv_map
    elif isinstance(vector, bpy.types.ShaderNodeTexCoord) and placed.links and placed.links[0].from_socket.name == "UV":
        layer = ""
    else:
        return None
    return Picture(node.image.name, layer, node.extension == "REPEAT")


def _as_in_viewport(material: bpy.types.Material) -> FlatColor:
    said = f"The colours of material '{material.name}' cannot be read; they count as its viewport colour."
    return FlatColor(_displayed(material.diffuse_color), said)


def _displayed(linear: object) -> tuple[int, int, int]:
    red, green, blue = as_bytes(srgb_of_linear(np.array(linear[:3]))).tolist()  # type: ignore[index]
    return (red, green, blue)
