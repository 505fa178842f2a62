"""A job's result as a new version of an object that was there: it keeps its place, name, parent and animation.

While the job runs, its mesh grows in an object of its own where the other one stands, hidden; see ``replacement``.
"""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix

from . import frame_preview, provenance, replacement, versions

_PLACED_AT, _FIRST_NAME = "any_to_3d_placed_at", "any_to_3d_first_name"
"""Where the growing object stood first, and its name: so it is seen whether the artist has changed them since."""


def stand_in(target: bpy.types.Object, old: bpy.types.Object) -> None:
    """Put ``target`` exactly where ``old`` stands, which is hidden."""
    replacement.take_exact_place(target, old)
    target[_PLACED_AT] = as_numbers(target.matrix_basis)
    target[_FIRST_NAME] = target.name


def join(target: bpy.types.Object, old: bpy.types.Object, label: str, request_id: str) -> None:
    """Make what ``target`` has grown to the newest version of ``old``, which is shown again; ``target`` is removed."""
    frame_preview.end(old)
    base = versions.keep_present(old).number
    mesh = target.data
    assert isinstance(mesh, bpy.types.Mesh), "only meshes grow"
    versions.put_mesh(old, mesh)
    for slot in old.material_slots:
        slot.link = "DATA"
    for name in (*provenance.NAMES, provenance.IS_FINAL):
        if target.get(name) is not None:
            old[name] = target[name]
    for name in provenance.PLACEMENT:
        if old.get(name) is None:  # how it was placed first also places what comes later by a height
            old[name] = target[name]
    if _was_moved(target):
        old.matrix_world = target.matrix_world.copy()
    replacement.release(old, (request_id,))
    _pass_selection_on(target, old)
    name = target.name if target.get(_FIRST_NAME, target.name) != target.name else old.name
    bpy.data.objects.remove(target)
    old.name = name
    versions.add_version(old, label, request_id, base)


def _was_moved(target: bpy.types.Object) -> bool:
    placed = target.get(_PLACED_AT)
    return placed is not None and not np.allclose(list(placed), as_numbers(target.matrix_basis), atol=1e-6)


def _pass_selection_on(target: bpy.types.Object, old: bpy.types.Object) -> None:
    for scene in old.users_scene:
        for layer in scene.view_layers:
            if old.name not in layer.objects or target.name not in layer.objects:
                continue
            if target.select_get(view_layer=layer):
                old.select_set(True, view_layer=layer)
            if layer.objects.active in (target, None):
                layer.objects.active = old


def as_matrix(numbers: tuple[float, ...]) -> np.ndarray:
    """f64[4, 4] out of its 16 numbers, row by row."""
    return np.array(numbers, np.float64).reshape(4, 4)


def as_numbers(matrix: np.ndarray | Matrix) -> tuple[float, ...]:
    """The 16 numbers of a matrix, row by row."""
    return tuple(float(value) for value in np.array(matrix).ravel())
