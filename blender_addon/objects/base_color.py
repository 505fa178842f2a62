"""What a material's base colour is, as far as it can be read without rendering: one colour, a picture, or an attribute.

Procedural textures and mixtures are not computed here: such a material counts as its viewport colour, or as the one
image that is behind it all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Union

import bpy
import numpy as np

from .image_sampling import as_bytes, srgb_of_linear
from .node_chain import Feed, Input, feed_of
from .picture_placing import AS_IT_IS, Placed, placed_at

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
    """An image at UV coordinates. uv_layer: empty for the mesh's render layer.

    placed: where a UV coordinate lies in the image, as (a, b, c, d, e, f) for a u + b v + c and d u + e v + f.
    notice: what of its use could not be read, for the artist.
    """

    image: str
    uv_layer: str
    repeats: bool
    placed: Placed = AS_IT_IS
    notice: str = ""


@dataclass(frozen=True)
class ColorAttribute:
    """A colour attribute of the mesh; an empty name is its render one."""

    name: str


BaseColor = Union[FlatColor, Picture, ColorAttribute]


def base_color_of(material: bpy.types.Material | None) -> BaseColor:
    """What the material's surface shader takes as its colour."""
    if material is None:
        return FlatColor(_displayed(_NO_MATERIAL), "Parts without a material count as light grey.")
    place = _color_input(material)
    if place is None:
        return _as_in_viewport(material)
    feed = feed_of(place)
    source = feed.node
    if source is None:
        return FlatColor(_displayed(feed.end.socket.default_value))  # type: ignore[attr-defined]
    if isinstance(source, bpy.types.ShaderNodeTexImage):
        return picture_of(feed) or _as_in_viewport(material)
    if isinstance(source, bpy.types.ShaderNodeVertexColor):
        return ColorAttribute(source.layer_name)
    if isinstance(source, bpy.types.ShaderNodeAttribute) and source.attribute_type == "GEOMETRY":
        return ColorAttribute(source.attribute_name)
    if isinstance(source, bpy.types.ShaderNodeRGB):
        return FlatColor(_displayed(source.outputs[0].default_value))  # type: ignore[index]
    return _unchanged(feed, material) or _as_in_viewport(material)


def has_tiles(material: bpy.types.Material | None) -> bool:
    """Whether its base colour is an image of UDIM tiles."""
    place = _color_input(material) if material is not None else None
    source = feed_of(place).node if place is not None else None
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
    """The colour input of the Principled shader behind the material's output, None for any other shader.

    None also for one within a node group, which other materials may use.
    """
    place = _color_input(material)
    return place.socket if place and not place.groups and place.socket.node.type == "BSDF_PRINCIPLED" else None


def _color_input(material: bpy.types.Material) -> Input | None:
    tree = material.node_tree
    if tree is None or (bpy.app.version < (5, 0, 0) and not material.use_nodes):
        return None
    outputs = [each for each in tree.nodes if isinstance(each, bpy.types.ShaderNodeOutputMaterial)]
    outputs = [each for each in outputs if each.is_active_output]
    surface = next((each for output in outputs for each in output.inputs or () if each.name == "Surface"), None)
    shader = feed_of(Input(surface)) if surface is not None else None
    if shader is None:
        return None
    return next((found for name in _COLOR_INPUTS if (found := shader.input(name)) is not None), None)


def _unchanged(feed: Feed, material: bpy.types.Material) -> Picture | None:
    """The one image that a chain of nodes makes its colours of, as it is before them; None for several or none."""
    pictures = _pictures_behind(feed)
    if pictures is None or len(set(pictures)) != 1:
        return None
    picture = pictures[0]
    said = f"Material '{material.name}' changes the colours of its image '{picture.image}', which is taken as it is."
    return replace(picture, notice=said)


def _pictures_behind(feed: Feed) -> list[Picture] | None:
    """Of every image behind the colour inputs; None where something else than an image or a colour is there."""
    if isinstance(feed.node, bpy.types.ShaderNodeTexImage):
        picture = picture_of(feed)
        return [picture] if picture is not None else None
    if feed.node is None or isinstance(feed.node, bpy.types.ShaderNodeRGB):
        return []
    if not feed.color_inputs:
        return None
    found: list[Picture] = []
    for place in feed.color_inputs:
        behind = _pictures_behind(feed_of(place))
        if behind is None:
            return None
        found += behind
    return found


def picture_of(feed: Feed) -> Picture | None:
    """The image of a texture node at its UVs; None where it is not laid out flat by a UV map."""
    node = feed.node
    if (
        not isinstance(node, bpy.types.ShaderNodeTexImage)
        or node.image is None
        or node.image.source == "TILED"
        or not np.array(node.image.size).any()
        or node.projection != "FLAT"
        or node.extension not in ("REPEAT", "EXTEND")
    ):
        return None
    vector = feed.input("Vector")
    place = placed_at(vector) if vector is not None else None
    return Picture(node.image.name, place[0], node.extension == "REPEAT", place[1]) if place else None


def _as_in_viewport(material: bpy.types.Material) -> FlatColor:
    said = f"The colours of material '{material.name}' cannot be read; they count as its viewport colour."
    return FlatColor(_displayed(material.diffuse_color), said)


def _displayed(linear: object) -> tuple[int, int, int]:
    red, green, blue = as_bytes(srgb_of_linear(np.array(linear[:3]))).tolist()  # type: ignore[index]
    return (red, green, blue)
