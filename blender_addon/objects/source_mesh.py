"""From any mesh object to what a backend can begin with: its triangles as seen, in generator units, with their UVs."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ...shared.mesh import SourceMesh
from . import present_colors, texture_mask
from .evaluated_mesh import EvaluatedMesh, evaluated, mesh_of, working_copy
from .object_mode import in_object_mode
from .source_fitness import check_faces, fit_source
from .texel_raster import texels_of
from .texture_mask import NO_MASK, Mask
from .uv_choice import UvChoice, active_layer, choose_layer
from .uv_tiles import into_one_tile, welded

RADIUS = 0.73
"""How far generated objects reach from their centre, in generator units; cameras stand accordingly."""

USUAL_SIZE = 1024
SIZES = (16, 4096)
"""Smallest and largest side of a texture, as the protocol has them."""


@dataclass(frozen=True)
class TextureWish:
    """layer: the UV map to paint on, empty for the active one.

    size: texels a side; 0 for those of the present image.
    """

    uvs: UvChoice = "AUTOMATIC"
    layer: str = ""
    size: int = 0
    mask: Mask = NO_MASK


@dataclass(frozen=True)
class PreparedSource:
    """mesh: with present colours, and a mask if one was asked for.  layer: the UV map of ``mesh.uvs``.
    new_uvs: f32[corners, 2] of that map on the object's own mesh, where it has still to be made.
    notices: what the artist should know."""

    mesh: SourceMesh
    width: int
    height: int
    layer: str
    new_uvs: np.ndarray | None
    notices: tuple[str, ...]


def prepared(context: bpy.types.Context, target: bpy.types.Object | None, wish: TextureWish) -> PreparedSource:
    """The object's mesh with UVs, present colours and mask, ready to be sent. Nothing of the object is touched.

    Raises ValueError, with what to do, for an object, a UV map or a mask that cannot be used.
    """
    target = fit_source(target)
    with in_object_mode(context), working_copy(context, target) as copy:
        check_faces(context, copy, target.name)
        weights = texture_mask.put_weights(copy, wish.mask)
        layer, said = choose_layer(context, target, copy, wish.uvs, wish.layer)
        mesh = evaluated(context, copy, weights)
        new_uvs = None if layer in mesh_of(target).uv_layers else _corner_uvs(copy, layer)
    if layer not in mesh.layers:
        raise ValueError(
            f"The modifiers of '{target.name}' drop its UV map '{layer}'. Apply them (Object > Convert > Mesh), and "
            "choose new UVs."
        )
    width, height = _size(mesh, wish.size, is_square=new_uvs is not None)
    world = np.array(target.matrix_world)
    vertices, faces = in_generator_units(mesh.vertices, mesh.faces, world)
    uvs, _ = into_one_tile(mesh.layers[layer])
    texels = texels_of(uvs, width, height)
    albedo = present_colors.baked(mesh, layer, texels, width, height)
    mask = texture_mask.drawn(wish.mask, mesh, layer, wish.layer or active_layer(target), texels, width, height)
    table, uv_faces = welded(uvs)
    source = SourceMesh(vertices, faces, table, _wound(uv_faces, world), albedo, mask)
    return PreparedSource(source, width, height, layer, new_uvs, (*said, *present_colors.notices(mesh)))


def in_generator_units(vertices: np.ndarray, faces: np.ndarray, world: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the faces use, turned and scaled as in the world, then centred and brought to RADIUS, wound outwards.

    world: f64[4, 4], world from object. Raises ValueError for a mesh without any extent.
    """
    is_used = np.zeros(len(vertices), bool)
    is_used[faces.ravel()] = True
    turned = vertices[is_used].astype(np.float64) @ world[:3, :3].T
    turned -= (turned.min(axis=0) + turned.max(axis=0)) / 2
    reach = float(np.sqrt(np.square(turned).sum(axis=1).max()))
    if not np.isfinite(reach) or reach < 1e-9:
        raise ValueError("The object has no size: all its points are at one place. Look at its scale.")
    number = np.cumsum(is_used, dtype=np.int32) - 1
    return (turned * (RADIUS / reach)).astype(np.float32), _wound(number[faces], world)


def _wound(faces: np.ndarray, world: np.ndarray) -> np.ndarray:
    """Corners in the other order where the world mirrors the object, as it does at a negative scale."""
    is_mirrored = np.linalg.det(world[:3, :3]) < 0
    return np.ascontiguousarray(faces[:, ::-1] if is_mirrored else faces, np.int32)


def _corner_uvs(copy: bpy.types.Object, layer: str) -> np.ndarray:
    mesh = mesh_of(copy)
    flat = np.empty(len(mesh.loops) * 2, np.float32)
    mesh.uv_layers[layer].uv.foreach_get("vector", flat)
    return flat.reshape(-1, 2)


def _size(mesh: EvaluatedMesh, wanted: int, is_square: bool) -> tuple[int, int]:
    if wanted:
        return wanted, wanted
    found = present_colors.image_size(mesh) or (USUAL_SIZE, USUAL_SIZE)
    width, height = (max(SIZES[0], min(each, SIZES[1])) for each in found)
    side = max(width, height)
    return (side, side) if is_square else (width, height)
