"""A convex collision mesh for game engines: an object's hull, as its child, under the name that engines look for."""

from __future__ import annotations

from typing import Literal

import bmesh
import bpy

from . import face_budget

Convention = Literal["UNREAL", "GODOT"]

CONVENTIONS = (
    ("UNREAL", "UCX_Name", "For Unreal Engine, and whatever else knows its prefix"),
    ("GODOT", "Name-convcolonly", "For Godot's importer"),
)


_Element = bmesh.types.BMVert | bmesh.types.BMEdge | bmesh.types.BMFace


def collision_name(name: str, convention: Convention) -> str:
    """
    >>> collision_name("Chair", "UNREAL"), collision_name("Chair", "GODOT")
    ('UCX_Chair', 'Chair-convcolonly')
    """
    return f"UCX_{name}" if convention == "UNREAL" else f"{name}-convcolonly"


def make_collision(target: bpy.types.Object, max_faces: int, convention: Convention) -> bpy.types.Object:
    """Make, or make anew, the hull of the object's own mesh: a child of it, drawn as wires and not rendered.

    max_faces: about as many at most; physics engines allow 255 or fewer. Raises ValueError for a mesh that is flat.
    """
    assert isinstance(target.data, bpy.types.Mesh), "callers choose meshes"
    name = collision_name(target.name, convention)
    hull = _hull(target.data, name)
    if len(hull.polygons) > max_faces:
        fewer = face_budget.decimated(hull, max_faces, keep_seams=False)
        bpy.data.meshes.remove(hull)
        # Collapsed edges leave dents, which a physics engine does not take.
        hull = _hull(fewer, name)
        bpy.data.meshes.remove(fewer)
    earlier = next((each for each in target.children if each.name == name and each.type == "MESH"), None)
    if earlier is not None:
        face_budget.replace_mesh(earlier, hull)
        return earlier
    collision = bpy.data.objects.new(name, hull)
    collision.parent = target
    collision.display_type = "WIRE"
    collision.hide_render = True
    for collection in target.users_collection:
        collection.objects.link(collision)
    return collision


def _hull(mesh: bpy.types.Mesh, name: str) -> bpy.types.Mesh:
    shape = bmesh.new()
    try:
        for vertex in mesh.vertices:
            shape.verts.new(vertex.co[:])
        found = bmesh.ops.convex_hull(shape, input=list[_Element](shape.verts), use_existing_faces=False)
        inside: list[_Element] = [each for each in found["geom_interior"] if isinstance(each, bmesh.types.BMVert)]
        bmesh.ops.delete(shape, geom=inside, context="VERTS")
        if len(shape.faces) < 4:
            raise ValueError(f"'{mesh.name}' is flat, and a flat thing has no hull; give it some thickness.")
        bmesh.ops.recalc_face_normals(shape, faces=shape.faces[:])
        result = bpy.data.meshes.new(name)
        shape.to_mesh(result)
    finally:
        shape.free()
    return result
