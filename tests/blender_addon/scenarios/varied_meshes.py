"""Meshes of every kind that artists have, made here, and what a new texture must not change on them. Inside Blender."""

import hashlib

import bpy
import numpy as np

KINDS = (
    "suzanne",
    "subdivided",
    "scan",
    "several materials",
    "no uvs",
    "overlapping uvs",
    "n-gons",
    "mirrored and arrayed",
    "squeezed and mirrored",
    "not manifold",
    "painted",
    "tiled uvs",
)


def make(kind):
    """The object, active and selected, in an empty file."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=False)
    _MAKERS[kind]()
    bpy.context.view_layer.update()
    return bpy.context.active_object


def active():
    return bpy.context.active_object


def select_only(target):
    bpy.ops.object.select_all(action="DESELECT")
    target.select_set(True)
    bpy.context.view_layer.objects.active = target


def fingerprint(target):
    """Digests of the mesh: positions, faces, material indices, and each UV map by its name."""
    mesh = target.data
    found = {
        "positions": _bytes(mesh.vertices, "co", 3, np.float32),
        "corners": _bytes(mesh.loops, "vertex_index", 1, np.int32),
        "faces": _bytes(mesh.polygons, "loop_total", 1, np.int32),
        "slots": _bytes(mesh.polygons, "material_index", 1, np.int32),
        "edges": _bytes(mesh.edges, "vertices", 2, np.int32),
        "modifiers": [(each.type, each.name) for each in target.modifiers],
        "matrix": [tuple(row) for row in target.matrix_world],
    }
    return found | {f"uv {layer.name}": _bytes(layer.uv, "vector", 2, np.float32) for layer in mesh.uv_layers}


def image_of(target):
    """The image that the material of the first slot shows, if there is one."""
    material = target.material_slots[0].material if target.material_slots else None
    node = material.node_tree.nodes.active if material else None
    return node.image if node is not None and node.type == "TEX_IMAGE" else None


def pixels(image):
    """u8[H, W, 3], first row is the top."""
    width, height = image.size
    flat = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(flat)
    return np.rint(flat.reshape(height, width, 4)[::-1, :, :3] * 255).astype(np.uint8)


def mask_group(target):
    """The right half (+X) as the active vertex group, as the selected faces, and as face set 7."""
    group = target.vertex_groups.new(name="right")
    mesh = target.data
    group.add([each.index for each in mesh.vertices if each.co.x > -1e-5], 1.0, "REPLACE")
    right = [each.center.x > 0 for each in mesh.polygons]
    mesh.polygons.foreach_set("select", right)
    sets = mesh.attributes.new(".sculpt_face_set", "INT", "FACE")
    sets.data.foreach_set("value", np.where(right, 7, 2).astype(np.int32))


def _bytes(collection, name, width, kind):
    values = np.empty(len(collection) * width, kind)
    collection.foreach_get(name, values)
    return hashlib.sha256(values.tobytes()).hexdigest()


def _colored(name, color):
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*color, 1)
    return material


def _textured(name, image):
    material = _colored(name, (1, 1, 1))
    tree = material.node_tree
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    tree.links.new(node.outputs["Color"], tree.nodes["Principled BSDF"].inputs["Base Color"])
    tree.nodes.active = node
    return material


def _noise(name, size=96):
    image = bpy.data.images.new(name, size, size)
    values = np.random.default_rng(1).random((size, size, 4), np.float32)
    values[..., 3] = 1
    image.pixels.foreach_set(values.ravel())
    image.pack()
    return image


def _suzanne():
    bpy.ops.mesh.primitive_monkey_add()
    active().data.materials.append(_colored("skin", (0.5, 0.2, 0.1)))


def _subdivided():
    bpy.ops.mesh.primitive_monkey_add()
    active().modifiers.new("smooth", "SUBSURF").levels = 2
    active().modifiers.new("bend", "SIMPLE_DEFORM")


def _scan():
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=7)
    mesh = active().data
    positions = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", positions)
    mesh.vertices.foreach_set("co", positions + np.random.default_rng(0).normal(0, 1e-3, positions.shape))
    colors = mesh.color_attributes.new("Color", "FLOAT_COLOR", "POINT")
    colors.data.foreach_set("color", np.random.default_rng(2).random(len(mesh.vertices) * 4))
    material = _colored("scan", (1, 1, 1))
    node = material.node_tree.nodes.new("ShaderNodeVertexColor")
    shader = material.node_tree.nodes["Principled BSDF"]
    material.node_tree.links.new(node.outputs["Color"], shader.inputs["Base Color"])
    mesh.materials.append(material)


def _several_materials():
    bpy.ops.mesh.primitive_cylinder_add(vertices=24)
    mesh = active().data
    for material in (_colored("red", (1, 0, 0)), _textured("noise", _noise("noise")), _colored("blue", (0, 0, 1))):
        mesh.materials.append(material)
    mesh.polygons.foreach_set("material_index", [each.index % 3 for each in mesh.polygons])


def _no_uvs():
    _several_materials()
    mesh = active().data
    mesh.uv_layers.remove(mesh.uv_layers[0])


def _overlapping_uvs():
    bpy.ops.mesh.primitive_cube_add()
    mesh = active().data
    mesh.uv_layers[0].uv.foreach_set("vector", np.tile([0, 0, 1, 0, 1, 1, 0, 1], 6).astype(np.float32))
    mesh.materials.append(_colored("wood", (0.4, 0.3, 0.1)))


def _ngons():
    bpy.ops.mesh.primitive_cylinder_add(vertices=64, end_fill_type="NGON")


def _mirrored_and_arrayed():
    bpy.ops.mesh.primitive_monkey_add()
    mirror = active().modifiers.new("mirror", "MIRROR")
    mirror.use_axis = (False, True, False)
    active().modifiers.new("array", "ARRAY").count = 3


def _squeezed_and_mirrored():
    _suzanne()
    active().scale = (-1, 3, 0.2)
    active().rotation_euler = (0.3, 0.2, 1)


def _not_manifold():
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=4, y_subdivisions=4)
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.mesh.extrude_edges_move(TRANSFORM_OT_translate={"value": (0, 0, 1)})
    bpy.ops.object.mode_set(mode="OBJECT")


def _painted():
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=16, y_subdivisions=16, size=2)
    active().name = "Plane"
    active().data.materials.append(_textured("paint", _noise("paint", 200)))


def _tiled_uvs():
    bpy.ops.mesh.primitive_plane_add()
    uv = active().data.uv_layers[0].uv
    uv.foreach_set("vector", np.array([0, 0, 5, 0, 5, 5, 0, 5], np.float32))
    active().data.materials.append(_textured("bricks", _noise("bricks", 32)))


def _no_material():
    bpy.ops.mesh.primitive_cube_add()


def _text():
    bpy.ops.object.text_add()


def _collection_instance():
    collection = bpy.data.collections.new("things")
    empty = bpy.data.objects.new("things", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", collection
    bpy.context.scene.collection.objects.link(empty)
    select_only(empty)


def _no_faces():
    target = bpy.data.objects.new("nothing", bpy.data.meshes.new("nothing"))
    bpy.context.scene.collection.objects.link(target)
    select_only(target)


def _udim():
    bpy.ops.mesh.primitive_plane_add()
    active().data.materials.append(_textured("tiles", bpy.data.images.new("tiles", 16, 16, tiled=True)))


def _nodes_that_drop_uvs():
    bpy.ops.mesh.primitive_plane_add()
    group = bpy.data.node_groups.new("drop", "GeometryNodeTree")
    group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    cube, output = group.nodes.new("GeometryNodeMeshCube"), group.nodes.new("NodeGroupOutput")
    group.links.new(cube.outputs["Mesh"], output.inputs[0])
    active().modifiers.new("drop", "NODES").node_group = group


def _flat_point():
    bpy.ops.mesh.primitive_cube_add()
    active().scale = (0, 0, 0)


_MAKERS = {
    "suzanne": _suzanne,
    "subdivided": _subdivided,
    "scan": _scan,
    "several materials": _several_materials,
    "no uvs": _no_uvs,
    "overlapping uvs": _overlapping_uvs,
    "n-gons": _ngons,
    "mirrored and arrayed": _mirrored_and_arrayed,
    "squeezed and mirrored": _squeezed_and_mirrored,
    "not manifold": _not_manifold,
    "painted": _painted,
    "tiled uvs": _tiled_uvs,
    "no material": _no_material,
    "text": _text,
    "collection instance": _collection_instance,
    "no faces": _no_faces,
    "udim": _udim,
    "nodes that drop uvs": _nodes_that_drop_uvs,
    "flat point": _flat_point,
}
