"""Which texels may change: by a vertex group, the selected faces, a face set, or an image that the artist painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import bpy
import numpy as np

from .base_color import pixels_of
from .evaluated_mesh import EvaluatedMesh, mesh_of
from .image_sampling import resized, sampled
from .present_colors import at_texels
from .texel_raster import Texels, run_on

MaskKind = Literal["NONE", "GROUP", "SELECTION", "FACE_SET", "IMAGE"]

WEIGHTS = "any_to_3d mask"
"""An attribute of the working copy, which modifiers carry along as they do any other."""

_FACE_SETS = ".sculpt_face_set"
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True)
class Mask:
    """name: of the vertex group or the image, empty for the active group.  face_set: 0 is that of the active face.
    uses_alpha: of an image, in place of its brightness."""

    kind: MaskKind = "NONE"
    name: str = ""
    face_set: int = 0
    uses_alpha: bool = False
    is_inverted: bool = False


NO_MASK = Mask()


def put_weights(copy: bpy.types.Object, mask: Mask) -> str:
    """Write the mask on the copy's mesh; the attribute's name, empty for a mask that is an image or none.

    Raises ValueError, saying what to do, for a group, selection or face set that is not there.
    """
    mesh = mesh_of(copy)
    if mask.kind == "GROUP":
        values, domain = _group_weights(copy, mesh, mask.name), "POINT"
    elif mask.kind == "SELECTION":
        values, domain = _selected(mesh), "FACE"
    elif mask.kind == "FACE_SET":
        values, domain = _in_face_set(mesh, mask.face_set), "FACE"
    else:
        return ""
    attribute = mesh.attributes.new(WEIGHTS, "FLOAT", domain)  # type: ignore[arg-type]
    assert isinstance(attribute, bpy.types.FloatAttribute), "asked for above"
    attribute.data.foreach_set("value", values)
    return attribute.name


def drawn(
    mask: Mask, mesh: EvaluatedMesh, layer: str, painted_layer: str, texels: Texels, width: int, height: int
) -> np.ndarray | None:
    """The mask u8[height, width] at a UV layer: 255 may change, 0 stays; None where all may. First row the top.

    painted_layer: what a mask image was painted on.  texels: of ``layer``, brought into one tile.
    Raises ValueError, saying what to do, for an image without pixels, a mask that the modifiers drop, and an empty one.
    """
    if mask.kind == "NONE":
        return None
    if mask.kind == "IMAGE":
        strength = _of_image(mask, mesh, layer, painted_layer, texels, width, height)
    elif mesh.weights is None:
        raise ValueError("The object's modifiers drop the mask. Apply them first, or use an image as the mask.")
    else:
        values = at_texels(mesh.weights[..., None], texels)[:, 0]
        strength = np.rint(values.clip(0, 1) * 255).astype(np.uint8)
    if mask.is_inverted:
        strength = 255 - strength
    image = np.zeros((height, width, 1), np.uint8)
    image.reshape(-1)[texels.index] = strength
    is_covered = np.zeros((height, width), bool)
    is_covered.reshape(-1)[texels.index] = True
    whole = run_on(image, is_covered)
    whole[~_near(is_covered)] = 0
    if not whole.any():
        raise ValueError("The mask allows no change anywhere. Paint or select something, or choose no mask.")
    return np.ascontiguousarray(whole[..., 0])


def _near(is_covered: np.ndarray) -> np.ndarray:
    """Islands and the margin around them."""
    return run_on(is_covered[..., None].astype(np.int16) * 2 - 1, is_covered)[..., 0] > 0


def _of_image(
    mask: Mask, mesh: EvaluatedMesh, layer: str, painted_layer: str, texels: Texels, width: int, height: int
) -> np.ndarray:
    image = bpy.data.images.get(mask.name)
    if image is None:
        raise ValueError(f"There is no image '{mask.name}' for the mask. Choose one, or paint one.")
    pixels = pixels_of(image)
    if pixels is None:
        raise ValueError(f"The mask image '{mask.name}' has no pixels that can be read. Choose another one.")
    grey = pixels[..., 3] if mask.uses_alpha else np.rint(pixels[..., :3] @ _LUMINANCE).astype(np.uint8)
    if layer == painted_layer or painted_layer not in mesh.layers:
        return resized(grey[..., None], width, height).reshape(-1)[texels.index]
    return sampled(grey[..., None], at_texels(mesh.layers[painted_layer], texels))[:, 0]


def _group_weights(copy: bpy.types.Object, mesh: bpy.types.Mesh, name: str) -> np.ndarray:
    group = copy.vertex_groups.get(name) if name else copy.vertex_groups.active
    if group is None:
        wanted = f"vertex group '{name}'" if name else "vertex group"
        raise ValueError(f"The object has no {wanted} for the mask. Choose another one, or paint weights.")
    number = group.index
    found = ((each.weight for each in vertex.groups if each.group == number) for vertex in mesh.vertices)
    return np.fromiter((next(weights, 0.0) for weights in found), np.float32, len(mesh.vertices))


def _selected(mesh: bpy.types.Mesh) -> np.ndarray:
    chosen = np.empty(len(mesh.polygons), bool)
    mesh.polygons.foreach_get("select", chosen)
    if not chosen.any():
        raise ValueError("No face is selected for the mask. Select some in Edit Mode.")
    return chosen.astype(np.float32)


def _in_face_set(mesh: bpy.types.Mesh, number: int) -> np.ndarray:
    attribute = mesh.attributes.get(_FACE_SETS)
    if not isinstance(attribute, bpy.types.IntAttribute):
        raise ValueError("The object has no face sets for the mask. Make one in Sculpt Mode.")
    sets = np.empty(len(mesh.polygons), np.int32)
    attribute.data.foreach_get("value", sets)
    wanted = number or int(sets[max(mesh.polygons.active, 0)])
    if not (sets == wanted).any():
        known = ", ".join(map(str, np.unique(sets)[:10].tolist()))
        raise ValueError(f"The object has no face set {wanted}; it has {known}.")
    return (sets == wanted).astype(np.float32)
