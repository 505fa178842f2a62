"""A mesh object as it is seen, with its modifiers, in triangles; read from a copy, so that nothing of it is touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import bpy
import numpy as np

from .base_color import BaseColor, base_color_of


@dataclass(frozen=True)
class EvaluatedMesh:
    """vertices f32[V, 3], the object's own space; faces i32[F, 3] into them; layers: UVs f32[F, 3, 2] by name;
    colors: colour attributes, linear f32[F, 3, 3] by name; slot: i32[F] into ``materials``; weights f32[F, 3] of the
    attribute that was asked for, or None where it did not come through; render_layer and render_color: names."""

    vertices: np.ndarray
    faces: np.ndarray
    layers: dict[str, np.ndarray]
    colors: dict[str, np.ndarray]
    slot: np.ndarray
    materials: tuple[BaseColor, ...]
    weights: np.ndarray | None
    render_layer: str
    render_color: str


def mesh_of(target: bpy.types.Object) -> bpy.types.Mesh:
    """The mesh of a mesh object."""
    assert isinstance(target.data, bpy.types.Mesh), "callers choose meshes"
    return target.data


@contextmanager
def working_copy(context: bpy.types.Context, target: bpy.types.Object) -> Iterator[bpy.types.Object]:
    """A copy of the object with a mesh of its own, in the scene until it is left. Object Mode only."""
    copy, mesh = target.copy(), mesh_of(target).copy()
    assert isinstance(copy, bpy.types.Object), "of an object"
    assert isinstance(mesh, bpy.types.Mesh), "of a mesh"
    copy.data = mesh
    copy.hide_viewport = False
    context.scene.collection.objects.link(copy)
    space = context.space_data
    if isinstance(space, bpy.types.SpaceView3D) and space.local_view is not None:
        copy.local_view_set(space, True)  # operators leave out what the view does not show
    try:
        yield copy
    finally:
        bpy.data.objects.remove(copy)
        if not mesh.users:
            bpy.data.meshes.remove(mesh)


def triangle_count(context: bpy.types.Context, target: bpy.types.Object) -> int:
    """How many triangles the object has with its modifiers."""
    mesh = mesh_of(target.evaluated_get(context.evaluated_depsgraph_get()))
    return len(mesh.loops) - 2 * len(mesh.polygons)


def evaluated(context: bpy.types.Context, target: bpy.types.Object, weights: str = "") -> EvaluatedMesh:
    """The object's mesh with its modifiers. weights: a FLOAT attribute of its mesh, carried through them."""
    seen = target.evaluated_get(context.evaluated_depsgraph_get())
    mesh = seen.to_mesh()
    assert mesh is not None, "of a mesh object"
    try:
        return read(mesh, _materials(target, mesh), weights)
    finally:
        seen.to_mesh_clear()


def read(mesh: bpy.types.Mesh, materials: tuple[BaseColor, ...], weights: str = "") -> EvaluatedMesh:
    """The arrays of a mesh."""
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    faces, corners = np.empty(count * 3, np.int32), np.empty(count * 3, np.int32)
    polygon, slot = np.empty(count, np.int32), np.empty(len(mesh.polygons), np.int32)
    mesh.loop_triangles.foreach_get("vertices", faces)
    mesh.loop_triangles.foreach_get("loops", corners)
    mesh.loop_triangles.foreach_get("polygon_index", polygon)
    mesh.polygons.foreach_get("material_index", slot)
    vertices = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", vertices)
    at = _Places(faces.reshape(-1, 3), corners.reshape(-1, 3), polygon)
    layers = {each.name: _uvs(each, len(mesh.loops))[at.corners] for each in mesh.uv_layers}
    colors = {each.name: at.values(each, "color", 4)[..., :3] for each in mesh.color_attributes}
    weight = mesh.attributes.get(weights) if weights else None
    render = next((each.name for each in mesh.uv_layers if each.active_render), "")
    index = mesh.color_attributes.render_color_index
    return EvaluatedMesh(
        vertices.reshape(-1, 3),
        at.faces,
        layers,
        colors,
        slot[polygon].clip(0, len(materials) - 1),
        materials,
        None if weight is None else at.values(weight, "value", 1)[..., 0],
        render,
        mesh.color_attributes[index].name if 0 <= index < len(mesh.color_attributes) else "",
    )


@dataclass(frozen=True)
class _Places:
    """Where the three corners of each triangle are in the mesh: faces, corners i32[F, 3]; polygon i32[F]."""

    faces: np.ndarray
    corners: np.ndarray
    polygon: np.ndarray

    def values(self, attribute: bpy.types.Attribute, name: str, width: int) -> np.ndarray:
        """An attribute of any domain at the triangles' corners: f32[F, 3, width]."""
        flat = np.empty(len(attribute.data) * width, np.float32)  # type: ignore[attr-defined]
        attribute.data.foreach_get(name, flat)  # type: ignore[attr-defined]
        values = flat.reshape(-1, width)
        if attribute.domain == "POINT":
            return values[self.faces]
        if attribute.domain == "CORNER":
            return values[self.corners]
        return np.repeat(values[self.polygon][:, None], 3, axis=1)


def _uvs(layer: bpy.types.MeshUVLoopLayer, count: int) -> np.ndarray:
    flat = np.empty(count * 2, np.float32)
    layer.uv.foreach_get("vector", flat)
    return flat.reshape(-1, 2)


def _materials(target: bpy.types.Object, mesh: bpy.types.Mesh) -> tuple[BaseColor, ...]:
    """Of each slot. Geometry nodes may have brought materials that the object itself has not."""
    own = [slot.material for slot in target.material_slots]
    brought = [each.original if each is not None else None for each in mesh.materials]
    found = [*own, *brought[len(own) :]] or [None]
    return tuple(base_color_of(each) for each in found)
