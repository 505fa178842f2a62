"""The colours that an object has now, in one image at one UV layout, whatever materials they come from."""

from __future__ import annotations

import bpy
import numpy as np

from .base_color import ColorAttribute, FlatColor, Picture, pixels_of
from .evaluated_mesh import EvaluatedMesh
from .image_sampling import as_bytes, resized, sampled, srgb_of_linear
from .picture_placing import AS_IT_IS, moved
from .texel_raster import Texels, run_on


def baked(mesh: EvaluatedMesh, layer: str, texels: Texels, width: int, height: int) -> np.ndarray:
    """The present colours at this UV layer: u8[height, width, 3] sRGB, first row the top.

    texels: of that layer, brought into one tile. An image that all materials show at this layer and size is copied.
    """
    used = {mesh.materials[number] for number in np.unique(mesh.slot)}
    only = used.pop() if len(used) == 1 else None
    if isinstance(only, Picture) and _layer_of(mesh, only) == layer and only.placed == AS_IT_IS:
        pixels = pixels_of(bpy.data.images[only.image])
        assert pixels is not None, "base_color_of leaves out what has no pixels"
        return np.ascontiguousarray(resized(pixels[..., :3], width, height))
    if isinstance(only, FlatColor):
        return np.full((height, width, 3), only.color, np.uint8)
    image = np.zeros((height * width, 3), np.uint8)
    slot = mesh.slot[texels.face]
    for number in np.unique(slot):
        chosen = np.flatnonzero(slot == number)
        part = Texels(texels.index[chosen], texels.face[chosen], texels.weights[chosen])
        image[part.index] = _colors(mesh, int(number), part, width, height)
    is_painted = np.zeros(height * width, bool)
    is_painted[texels.index] = True
    return run_on(image.reshape(height, width, 3), is_painted.reshape(height, width))


def image_size(mesh: EvaluatedMesh) -> tuple[int, int] | None:
    """Width and height of the largest image among the present colours; None without any."""
    used = {mesh.materials[number] for number in np.unique(mesh.slot)}
    images = [bpy.data.images[each.image] for each in used if isinstance(each, Picture)]
    sizes = [np.array(image.size).tolist() for image in images]
    width, height = max(sizes, key=np.prod, default=(0, 0))
    return (width, height) if width and height else None


def notices(mesh: EvaluatedMesh) -> tuple[str, ...]:
    """What of the present colours could not be read."""
    used = [mesh.materials[number] for number in np.unique(mesh.slot)]
    said = [each.notice for each in used if not isinstance(each, ColorAttribute) and each.notice]
    lost = [each.name for each in used if isinstance(each, ColorAttribute) and _attribute_of(mesh, each) is None]
    said += [f"There is no colour attribute '{name}'; its material counts as black." for name in lost]
    return tuple(dict.fromkeys(said))


def at_texels(values: np.ndarray, texels: Texels) -> np.ndarray:
    """What the triangles' corners say, f32[F, 3, C], at each texel: f32[N, C]."""
    return np.einsum("nk,nkc->nc", texels.weights, values[texels.face])


def _colors(mesh: EvaluatedMesh, number: int, texels: Texels, width: int, height: int) -> np.ndarray:
    source = mesh.materials[number]
    if isinstance(source, FlatColor):
        return np.array(source.color, np.uint8)
    if isinstance(source, ColorAttribute):
        linear = _attribute_of(mesh, source)
        if linear is None:
            return np.zeros(3, np.uint8)
        return as_bytes(srgb_of_linear(at_texels(linear, texels)))
    pixels = pixels_of(bpy.data.images[source.image])
    uvs = mesh.layers.get(_layer_of(mesh, source))
    if pixels is None or uvs is None:
        return np.zeros(3, np.uint8)
    return sampled(pixels[..., :3], moved(at_texels(uvs, texels), source.placed), source.repeats)


def _layer_of(mesh: EvaluatedMesh, picture: Picture) -> str:
    return picture.uv_layer or mesh.render_layer


def _attribute_of(mesh: EvaluatedMesh, source: ColorAttribute) -> np.ndarray | None:
    return mesh.colors.get(source.name or mesh.render_color)
