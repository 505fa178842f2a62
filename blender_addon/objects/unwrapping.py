"""New UV maps by Blender's Smart UV Project, which works on faces as they are: n-gons stay whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy

_ISLAND_MARGIN = 0.005


def unwrap(context: bpy.types.Context, target: bpy.types.Object, layer: str) -> None:
    """Add a UV map of this name, make it the active one, and lay out every face on it, hidden ones too."""
    assert isinstance(target.data, bpy.types.Mesh), "callers choose meshes"
    target.data.uv_layers.active = target.data.uv_layers.new(name=layer)
    with alone(context, target):
        bpy.ops.object.mode_set(mode="EDIT")
        try:
            bpy.ops.mesh.reveal(select=False)
            bpy.ops.mesh.select_all(action="SELECT")
            bpy.ops.uv.smart_project(island_margin=_ISLAND_MARGIN)
        finally:
            bpy.ops.object.mode_set(mode="OBJECT")


@contextmanager
def alone(context: bpy.types.Context, target: bpy.types.Object) -> Iterator[None]:
    """The object as the only selected and the active one: what operators that know no other way work on."""
    layer = context.view_layer
    assert layer is not None, "operators run in a view layer"
    selected, active = [each.name for each in context.selected_objects], layer.objects.active
    for each in context.selected_objects:
        each.select_set(False)
    target.select_set(True)
    layer.objects.active = target
    try:
        yield
    finally:
        target.select_set(False)
        for name in selected:
            layer.objects[name].select_set(True)
        layer.objects.active = active
