"""Ten varied meshes, made in Blender: `<a Python with bpy> benchmarks/retexture_meshes.py FOLDER` writes one .npz each.

Each holds what the add-on would send of the object: the evaluated, triangulated mesh (vertices, faces, uvs, uv_faces)
centred and scaled into radius 0.95, and for some of them the present colours (albedo). One of them is a built-in prop,
written beforehand as FOLDER/prop.glb by `any-to-3d props`, and one has no texture coordinates.
"""

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import bpy  # first: the others are modules of its own

import bmesh  # isort: skip
import numpy as np
from mathutils import Vector, noise

RADIUS = 0.95
SIDE = 512

Paint = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""u, v f64[H, W] in [0, 1], v upwards -> colours [H, W, 3] in [0, 1]."""


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in MESHES.items():
        bpy.ops.wm.read_factory_settings(use_empty=True)
        made, paint = make(folder)
        arrays = evaluated(made)
        if paint is not None and len(arrays["uvs"]):
            arrays["albedo"] = painted(paint)
        np.savez_compressed(folder / f"{name}.npz", **arrays)
        sys.stdout.write(f"{name}: {len(arrays['faces'])} triangles, {len(arrays['uvs'])} uvs\n")


def evaluated(made: bpy.types.Object) -> dict[str, np.ndarray]:
    """The object with its modifiers, in triangles, as arrays; uvs are empty where it has none."""
    mesh = bpy.data.meshes.new_from_object(made.evaluated_get(bpy.context.evaluated_depsgraph_get()))
    mesh.transform(made.matrix_world)
    vertices = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", vertices)
    vertices = vertices.reshape(-1, 3)
    centre = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    vertices = (vertices - centre) * (RADIUS / np.linalg.norm(vertices - centre, axis=1).max())
    mesh.calc_loop_triangles()
    faces, loops = (np.empty(3 * len(mesh.loop_triangles), np.int32) for _ in range(2))
    mesh.loop_triangles.foreach_get("vertices", faces)
    mesh.loop_triangles.foreach_get("loops", loops)
    uvs, uv_faces = np.empty((0, 2), np.float32), np.empty((0, 3), np.int32)
    if mesh.uv_layers.active is not None:
        flat = np.empty(2 * len(mesh.loops), np.float32)
        mesh.uv_layers.active.data.foreach_get("uv", flat)
        # Corners that lie on the same point of the texture share it, as an importer would have it.
        uvs, index = np.unique(flat.reshape(-1, 2).clip(0, 1), axis=0, return_inverse=True)
        uv_faces = index.ravel()[loops].reshape(-1, 3).astype(np.int32)
    return {"vertices": vertices.astype(np.float32), "faces": faces.reshape(-1, 3), "uvs": uvs, "uv_faces": uv_faces}


def painted(paint: Paint) -> np.ndarray:
    """u8[SIDE, SIDE, 3], first row on top."""
    centres = (np.arange(SIDE) + 0.5) / SIDE
    v, u = np.meshgrid(1 - centres, centres, indexing="ij")
    return (paint(u, v) * 255 + 0.5).clip(0, 255).astype(np.uint8)


def plain(*colour: float) -> Paint:
    return lambda u, v: np.broadcast_to(np.array(colour), (*u.shape, 3))


def checked(first: tuple[float, ...], second: tuple[float, ...], count: int = 8) -> Paint:
    def paint(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        odd = ((u * count).astype(int) + (v * count).astype(int)) % 2
        return np.where(odd[..., None] == 1, np.array(first), np.array(second))

    return paint


def grained(*colour: float) -> Paint:
    """A photograph-like surface: mottled at several sizes."""

    def paint(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        waves = sum(np.sin(2 * np.pi * (f * u + g * v + f * g * 0.1)) / (f + g) for f, g in ((3, 5), (9, 7), (23, 31)))
        return (np.array(colour) * (1 + 0.5 * waves[..., None])).clip(0, 1)

    return paint


Made = tuple[bpy.types.Object, Paint | None]


def active() -> bpy.types.Object:
    return bpy.context.view_layer.objects.active


def cube(_: Path) -> Made:
    bpy.ops.mesh.primitive_cube_add()
    return active(), checked((0.2, 0.3, 0.8), (0.15, 0.2, 0.6))


def cylinder(_: Path) -> Made:
    bpy.ops.mesh.primitive_cylinder_add(vertices=32, radius=0.6, depth=1.6)
    return active(), plain(0.94, 0.94, 0.93)


def suzanne(_: Path) -> Made:
    """Half of it is cut away and mirrored back; then it is subdivided; its size is not uniform."""
    bpy.ops.mesh.primitive_monkey_add()
    made = active()
    edited = bmesh.new()
    edited.from_mesh(made.data)
    left = [vertex for vertex in edited.verts if vertex.co.x < -1e-4]
    bmesh.ops.delete(edited, geom=left, context="VERTS")
    edited.to_mesh(made.data)
    made.modifiers.new("mirror", "MIRROR").use_mirror_u = False
    made.modifiers.new("subdivision", "SUBSURF").levels = 1
    made.scale = (1.0, 0.9, 1.1)
    return made, plain(0.50, 0.28, 0.13)


def scan(_: Path) -> Made:
    """About 200,000 triangles with noise of several sizes."""
    bpy.ops.mesh.primitive_uv_sphere_add(segments=460, ring_count=218, radius=0.7)
    made = active()
    for vertex in made.data.vertices:
        at = vertex.co * 2.2
        bumps = 0.22 * noise.fractal(at, 1.0, 2.0, 5) + 0.004 * noise.noise(at * 60)
        vertex.co = vertex.co * (1 + bumps) * 1.0
        vertex.co.z *= 0.7
    return made, grained(0.55, 0.53, 0.5)


def table(_: Path) -> Made:
    """Five parts with two materials, each unwrapped to a place of its own."""
    parts = [_box((0, 0, 0.5), (0.9, 0.6, 0.06))]
    parts += [_box((0.75 * x, 0.45 * y, 0.0), (0.07, 0.07, 0.5)) for x in (-1, 1) for y in (-1, 1)]
    for number, part in enumerate(parts):
        material = bpy.data.materials.new("top" if number == 0 else "leg")
        part.data.materials.append(material)
    made = _joined(parts)
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.uv.smart_project(island_margin=0.02)
    bpy.ops.object.mode_set(mode="OBJECT")
    return made, checked((0.14, 0.62, 0.2), (0.1, 0.5, 0.16), 16)


def without_uvs(_: Path) -> Made:
    """A turned vase."""
    profile = [(0.0, -0.8), (0.32, -0.8), (0.5, -0.3), (0.45, 0.1), (0.2, 0.45), (0.22, 0.6), (0.36, 0.8), (0.3, 0.78)]
    made = _turned([*profile, (0.14, 0.5), (0.0, 0.3)])
    while made.data.uv_layers:
        made.data.uv_layers.remove(made.data.uv_layers[0])
    return made, None


def overlapping(_: Path) -> Made:
    """A chair of boxes whose six sides all lie on the same square."""
    parts = [_box((0, 0, 0), (0.45, 0.45, 0.06)), _box((0, 0.42, 0.5), (0.45, 0.05, 0.5))]
    parts += [_box((0.38 * x, 0.38 * y, -0.4), (0.06, 0.06, 0.4)) for x in (-1, 1) for y in (-1, 1)]
    made = _joined(parts)
    corners = [(0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95)]
    for polygon in made.data.polygons:
        for loop, corner in zip(polygon.loop_indices, corners, strict=True):
            made.data.uv_layers.active.data[loop].uv = corner
    return made, plain(0.97, 0.86, 0.12)


def ngons(_: Path) -> Made:
    """A house whose walls and gables are n-gons, one of them not convex."""
    outline = [(-0.6, -0.6), (0.6, -0.6), (0.6, 0.1), (0.75, 0.05), (0.0, 0.75), (-0.75, 0.05), (-0.6, 0.1)]
    edited = bmesh.new()
    front, back = ([edited.verts.new((x, y, z)) for x, z in outline] for y in (-0.5, 0.5))
    edited.faces.new(front)
    edited.faces.new(reversed(back))
    for number in range(len(outline)):
        following = (number + 1) % len(outline)
        edited.faces.new((front[following], front[number], back[number], back[following]))
    bmesh.ops.recalc_face_normals(edited, faces=edited.faces)
    made = _object(edited)
    _unwrapped(made)
    return made, plain(0.95, 0.9, 0.76)


def sheet(_: Path) -> Made:
    """An open, curved sheet in the form of a shield, with a fin on it that makes three faces share an edge."""
    edited = bmesh.new()
    count = 24
    rows = []
    for i in range(count + 1):
        down = i / count
        width = 0.7 * (1 - max(0.0, down - 0.35) ** 2 / 0.46)
        rows.append(
            [
                edited.verts.new((x * width, -0.25 * (1 - x * x), 0.85 - 1.7 * down))
                for x in np.linspace(-1, 1, count + 1)
            ]
        )
    for upper, lower in pairwise(rows):
        for j in range(count):
            edited.faces.new((upper[j], lower[j], lower[j + 1], upper[j + 1]))
    fin = [edited.verts.new(row[count // 2].co + Vector((0, 0.2, 0))) for row in rows]
    for i in range(count):
        edited.faces.new((rows[i][count // 2], rows[i + 1][count // 2], fin[i + 1], fin[i]))
    made = _object(edited)
    _unwrapped(made)
    return made, plain(0.55, 0.57, 0.6)


def prop(folder: Path) -> Made:
    bpy.ops.import_scene.gltf(filepath=str(folder / "prop.glb"))
    made = next(each for each in bpy.data.objects if each.type == "MESH")
    bpy.context.view_layer.objects.active = made
    return made, _picture_of(made)


def _picture_of(made: bpy.types.Object) -> Paint:
    tree = made.data.materials[0].node_tree
    image = next(node.image for node in tree.nodes if node.type == "TEX_IMAGE" and node.image)
    pixels = np.array(image.pixels[:]).reshape(image.size[1], image.size[0], -1)[..., :3]

    def paint(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        return pixels[(v * len(pixels)).astype(int), (u * pixels.shape[1]).astype(int)]

    return paint


def _box(centre: tuple[float, ...], half: tuple[float, ...]) -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add(location=centre, scale=half)
    bpy.ops.object.transform_apply(location=True, scale=True)
    return active()


def _joined(parts: list[bpy.types.Object]) -> bpy.types.Object:
    for part in parts:
        part.select_set(True)
    bpy.context.view_layer.objects.active = parts[0]
    bpy.ops.object.join()
    return active()


def _object(edited: bmesh.types.BMesh) -> bpy.types.Object:
    mesh = bpy.data.meshes.new("made")
    edited.to_mesh(mesh)
    edited.free()
    made = bpy.data.objects.new("made", mesh)
    bpy.context.collection.objects.link(made)
    bpy.context.view_layer.objects.active = made
    made.select_set(True)
    return made


def _turned(profile: list[tuple[float, float]], count: int = 40) -> bpy.types.Object:
    edited = bmesh.new()
    verts = [edited.verts.new((x, 0, z)) for x, z in profile]
    edges = [edited.edges.new(pair) for pair in pairwise(verts)]
    geometry = [*verts, *edges]
    bmesh.ops.spin(edited, geom=geometry, axis=(0, 0, 1), cent=(0, 0, 0), steps=count, angle=2 * np.pi)
    bmesh.ops.remove_doubles(edited, verts=edited.verts, dist=1e-4)
    bmesh.ops.recalc_face_normals(edited, faces=edited.faces)
    return _object(edited)


def _unwrapped(made: bpy.types.Object) -> None:
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.uv.smart_project(island_margin=0.02)
    bpy.ops.object.mode_set(mode="OBJECT")


MESHES: dict[str, Callable[[Path], Made]] = {
    "cube": cube,
    "cylinder": cylinder,
    "suzanne": suzanne,
    "scan": scan,
    "table": table,
    "no-uvs": without_uvs,
    "overlapping": overlapping,
    "n-gons": ngons,
    "sheet": sheet,
    "prop": prop,
}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
