"""Which UV map a new texture is painted on: one that the object has, or a new one where those do not serve."""

from __future__ import annotations

from typing import Literal

import bpy
import numpy as np

from .base_color import FlatColor, has_tiles
from .evaluated_mesh import evaluated, mesh_of, read
from .texel_raster import overlapped_share, texels_of
from .unwrapping import unwrap
from .uv_tiles import into_one_tile

UvChoice = Literal["AUTOMATIC", "KEEP", "NEW"]

NEW_LAYER = "Any to 3D"

_MOST_LAYERS = 8
_OVERLAP_ALLOWED = 0.02
"""Share of the covered texels. Neighbours touch, and small overlaps hardly show."""

_LOOKED_AT = 512
"""Texels a side of the image in which overlaps are counted."""

_OVERLAPS, _EMPTY = "Its UVs overlap", "Its UVs cover nothing"


def choose_layer(
    context: bpy.types.Context, target: bpy.types.Object, copy: bpy.types.Object, choice: UvChoice, wanted: str
) -> tuple[str, tuple[str, ...]]:
    """The UV map's name, and what to tell the artist; a new one is made on the copy only.

    wanted: the map to paint on, empty for the active one. Raises ValueError, with what to do, if none can be had.
    """
    if wanted and wanted not in mesh_of(copy).uv_layers:
        raise ValueError(f"'{target.name}' has no UV map '{wanted}'.")
    layer = wanted or active_layer(copy)
    if choice == "NEW":
        return _new_layer(context, target, copy), ()
    if any(has_tiles(slot.material) for slot in target.material_slots):
        raise ValueError(f"'{target.name}' has an image of UDIM tiles. Choose new UVs for a texture in one image.")
    flaw, said = _flaw(context, copy, layer)
    if not flaw:
        return layer, said
    if choice == "AUTOMATIC":
        name = _new_layer(context, target, copy)
        return name, (f"{flaw}, so the texture has a UV map of its own: '{name}'.",)
    if flaw != _OVERLAPS:
        raise ValueError(f"'{target.name}': {flaw[0].lower()}{flaw[1:]}. Choose new UVs.")
    return layer, (f"{flaw}: what shares a place in the image looks alike.",)


def active_layer(target: bpy.types.Object) -> str:
    """The name of the active UV map, empty without any."""
    active = mesh_of(target).uv_layers.active
    return active.name if active else ""


def _flaw(context: bpy.types.Context, copy: bpy.types.Object, layer: str) -> tuple[str, tuple[str, ...]]:
    """What makes a UV map useless for a texture of its own, empty if nothing; and what to tell the artist."""
    if not layer:
        return "It has no UVs", ()
    mesh = evaluated(context, copy)
    if layer not in mesh.layers:
        return "", ()  # the modifiers drop it, and would drop a new one too
    flaw = _flaw_of_uvs(mesh.layers[layer])
    if flaw == _OVERLAPS and copy.modifiers:
        own = read(mesh_of(copy), mesh.materials)
        if not _flaw_of_uvs(own.layers[layer]):
            return "", ("Its modifiers lay parts over one another in the UVs: such parts look alike.",)
    return flaw, ()


def _flaw_of_uvs(uvs: np.ndarray) -> str:
    if not np.isfinite(uvs).all():
        return "Some of its UVs are not numbers"
    moved, crossing = into_one_tile(uvs)
    if crossing:
        return "Its UVs reach over the edge of the image"
    texels = texels_of(moved, _LOOKED_AT, _LOOKED_AT)
    if not len(texels.index):
        return _EMPTY
    return _OVERLAPS if overlapped_share(texels, _LOOKED_AT**2) > _OVERLAP_ALLOWED else ""


def _new_layer(context: bpy.types.Context, target: bpy.types.Object, copy: bpy.types.Object) -> str:
    present = mesh_of(target).uv_layers
    if mesh_of(target).library is not None:
        raise ValueError(f"'{target.name}' cannot get new UVs: its mesh is linked from another file. Make it local.")
    if len(present) >= _MOST_LAYERS:
        raise ValueError(f"'{target.name}' has {_MOST_LAYERS} UV maps, and Blender allows no more. Remove one first.")
    name, number = NEW_LAYER, 1
    while name in present:
        number += 1
        name = f"{NEW_LAYER} {number}"
    unwrap(context, copy, name)
    if _flaw_of_uvs(read(mesh_of(copy), (FlatColor((0, 0, 0)),)).layers[name]) == _EMPTY:
        raise ValueError(f"'{target.name}' could not be unwrapped: its faces have no area. Look at them in Edit Mode.")
    return name
