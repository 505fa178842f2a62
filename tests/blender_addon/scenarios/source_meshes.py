"""Claims about source_mesh.py on a real bpy: what is sent of an object, worked out by hand on small ones."""

import bpy
import numpy as np
from any_to_3d.blender_addon.objects.source_mesh import RADIUS, TextureWish, prepared
from any_to_3d.blender_addon.objects.texture_mask import Mask
from varied_meshes import KINDS, active, fingerprint, make

RED, GREEN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


def test_every_kind_of_mesh_is_valid_inside_the_radius_and_nothing_of_it_is_touched():
    for kind in KINDS:
        target = make(kind)
        before, blocks = fingerprint(target), _blocks()
        source = prepared(bpy.context, target, TextureWish(size=64))
        source.mesh.validate()
        reach = np.linalg.norm(source.mesh.vertices, axis=1).max()
        assert abs(reach - RADIUS) < 1e-5, (kind, reach)
        assert source.mesh.albedo.shape == (64, 64, 3)
        assert fingerprint(target) == before, kind
        assert _blocks() == blocks, kind
        assert active() == target


def test_a_squeezed_turned_and_mirrored_object_is_sent_as_it_stands_in_the_world_wound_outwards():
    target = make("suzanne")
    target.scale, target.rotation_euler, target.location = (-2, 1, 0.5), (0, 0, np.pi / 2), (9, 9, 9)
    bpy.context.view_layer.update()
    mesh = prepared(bpy.context, target, TextureWish(size=64)).mesh
    extent = np.ptp(mesh.vertices, axis=0)
    world = np.array([target.matrix_world @ vertex.co for vertex in target.data.vertices])
    expected = np.ptp(world, axis=0)
    np.testing.assert_allclose(extent / extent.max(), expected / expected.max(), atol=1e-4)
    assert _volume(mesh) > 0
    target.scale = (2, 1, 0.5)
    bpy.context.view_layer.update()
    assert _volume(prepared(bpy.context, target, TextureWish(size=64)).mesh) > 0


def test_the_colours_of_two_materials_are_baked_where_their_faces_are():
    _halves(("red", RED), ("green", GREEN))
    albedo = prepared(bpy.context, active(), TextureWish(size=32)).mesh.albedo
    assert (albedo[:, :15] == (255, 0, 0)).all()
    assert (albedo[:, 17:] == (0, 255, 0)).all()


def test_a_linear_grey_of_a_fifth_is_sent_as_it_is_displayed():
    _halves(("grey", (0.2, 0.2, 0.2)), ("grey", (0.2, 0.2, 0.2)))
    # ((0.2 ** (1 / 2.4)) * 1.055 - 0.055) * 255 = 123.6
    assert (prepared(bpy.context, active(), TextureWish(size=32)).mesh.albedo == 124).all()


def test_the_image_of_a_single_material_is_sent_bit_for_bit():
    target = make("painted")
    image = target.material_slots[0].material.node_tree.nodes.active.image
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    expected = np.rint(pixels.reshape(height, width, 4)[::-1, :, :3] * 255).astype(np.uint8)
    source = prepared(bpy.context, target, TextureWish())
    assert (source.width, source.height) == (width, height)
    np.testing.assert_array_equal(source.mesh.albedo, expected)


def test_an_image_at_another_uv_map_is_read_there():
    target = _halves(("red", RED), ("green", GREEN))
    mesh = target.data
    other = mesh.uv_layers.new(name="other")
    values = np.empty(len(mesh.loops) * 2, np.float32)
    mesh.uv_layers[0].uv.foreach_get("vector", values)
    mirrored = values.reshape(-1, 2) * [-1, 1] + [1, 0]
    other.uv.foreach_set("vector", mirrored.astype(np.float32).ravel())
    image = bpy.data.images.new("halves", 8, 8)
    pixels = np.ones((8, 8, 4), np.float32)
    pixels[:, :4, 1:3] = 0  # its left half is red
    image.pixels.foreach_set(pixels.ravel())
    material = mesh.materials[0]
    tree = material.node_tree
    texture, place = tree.nodes.new("ShaderNodeTexImage"), tree.nodes.new("ShaderNodeUVMap")
    texture.image, place.uv_map = image, "other"
    tree.links.new(place.outputs["UV"], texture.inputs["Vector"])
    tree.links.new(texture.outputs["Color"], tree.nodes["Principled BSDF"].inputs["Base Color"])
    mesh.materials[1] = material
    mesh.uv_layers.active = mesh.uv_layers[0]
    albedo = prepared(bpy.context, target, TextureWish(size=32, uvs="KEEP")).mesh.albedo
    # At the edges the image, which repeats, is read between both colours.
    assert (albedo[:, 20:28] == (255, 0, 0)).all()
    assert (albedo[:, 4:12] == (255, 255, 255)).all()


def test_an_image_is_found_in_nested_node_groups_at_its_mapping():
    for kind in ("POINT", "TEXTURE"):
        target, image = _checked_plane()
        tree = target.data.materials[0].node_tree
        inner = _group("inner", "Vector", "Color")
        texture, mapping = inner.nodes.new("ShaderNodeTexImage"), inner.nodes.new("ShaderNodeMapping")
        texture.image, mapping.vector_type = image, kind
        # Half a turn about the middle of the image, whichever way it is meant.
        mapping.inputs["Location"].default_value = (1, 1, 0)
        mapping.inputs["Rotation"].default_value = (0, 0, np.pi)
        _link(inner, _inside(inner, "NodeGroupInput").outputs[0], mapping.inputs["Vector"])
        _link(inner, mapping.outputs[0], texture.inputs["Vector"])
        _link(inner, texture.outputs["Color"], _inside(inner, "NodeGroupOutput").inputs[0])
        outer = _group("outer", "Vector", "Color")
        middle = outer.nodes.new("ShaderNodeGroup")
        middle.node_tree = inner
        _link(outer, _inside(outer, "NodeGroupInput").outputs[0], middle.inputs[0])
        _link(outer, middle.outputs[0], _inside(outer, "NodeGroupOutput").inputs[0])
        node, place = tree.nodes.new("ShaderNodeGroup"), tree.nodes.new("ShaderNodeUVMap")
        node.node_tree, place.uv_map = outer, "UVMap"
        _link(tree, place.outputs[0], node.inputs[0])
        _link(tree, node.outputs[0], tree.nodes["Principled BSDF"].inputs["Base Color"])
        source = prepared(bpy.context, target, TextureWish(size=32))
        assert source.notices == ()
        # The red quarter, at the bottom left of the image, lies at the top right.
        assert (source.mesh.albedo[4:12, 20:28] == (255, 0, 0)).all(), kind
        assert (source.mesh.albedo[20:28, 4:12] == (255, 255, 255)).all(), kind


def test_an_image_that_other_nodes_change_is_taken_as_it_is_and_said_and_two_are_not():
    target, image = _checked_plane()
    tree = target.data.materials[0].node_tree
    texture, change = tree.nodes.new("ShaderNodeTexImage"), tree.nodes.new("ShaderNodeHueSaturation")
    texture.image = image
    _link(tree, texture.outputs["Color"], change.inputs["Color"])
    _link(tree, change.outputs["Color"], tree.nodes["Principled BSDF"].inputs["Base Color"])
    source = prepared(bpy.context, target, TextureWish(size=32))
    assert (source.mesh.albedo[20:28, 4:12] == (255, 0, 0)).all()
    assert ["changes the colours of its image 'checked'" in each for each in source.notices] == [True]
    mix, other = tree.nodes.new("ShaderNodeMix"), tree.nodes.new("ShaderNodeTexImage")
    mix.data_type = "RGBA"
    other.image = bpy.data.images.new("another", 8, 8)
    first, second = (each for each in mix.inputs if each.type == "RGBA")
    _link(tree, texture.outputs["Color"], first)
    _link(tree, other.outputs["Color"], second)
    result = next(each for each in mix.outputs if each.type == "RGBA")
    _link(tree, result, tree.nodes["Principled BSDF"].inputs["Base Color"])
    target.data.materials[0].diffuse_color = (0, 0, 1, 1)
    source = prepared(bpy.context, target, TextureWish(size=32))
    assert (source.mesh.albedo == (0, 0, 255)).all()
    assert ["cannot be read" in each for each in source.notices] == [True]


def test_an_image_in_a_shader_in_a_group_is_read_and_a_group_that_leads_nowhere_is_not():
    target, image = _checked_plane()
    tree = target.data.materials[0].node_tree
    shading = _group("shading", "Vector", "Shader", "NodeSocketShader")
    texture, shader = shading.nodes.new("ShaderNodeTexImage"), shading.nodes.new("ShaderNodeBsdfPrincipled")
    texture.image = image
    _link(shading, texture.outputs["Color"], shader.inputs["Base Color"])
    _link(shading, shader.outputs[0], _inside(shading, "NodeGroupOutput").inputs[0])
    node = tree.nodes.new("ShaderNodeGroup")
    node.node_tree = shading
    output = next(each for each in tree.nodes if each.type == "OUTPUT_MATERIAL")
    _link(tree, node.outputs[0], output.inputs["Surface"])
    source = prepared(bpy.context, target, TextureWish(size=32))
    assert (source.mesh.albedo[20:28, 4:12] == (255, 0, 0)).all()
    # Its coordinates now come from outside, where nothing says any: one place of the image for all of the surface.
    _link(shading, _inside(shading, "NodeGroupInput").outputs[0], texture.inputs["Vector"])
    source = prepared(bpy.context, target, TextureWish(size=32))
    assert ["cannot be read" in each for each in source.notices] == [True]


def test_a_colour_attribute_is_baked_and_what_is_computed_counts_as_its_viewport_colour():
    target = _halves(("painted", RED), ("noise", GREEN))
    mesh = target.data
    colors = mesh.color_attributes.new("Color", "FLOAT_COLOR", "CORNER")
    colors.data.foreach_set("color", np.tile([0.0, 0.0, 1.0, 1.0], len(mesh.loops)))
    for material, kind in ((mesh.materials[0], "ShaderNodeVertexColor"), (mesh.materials[1], "ShaderNodeTexNoise")):
        tree = material.node_tree
        source = tree.nodes.new(kind)
        tree.links.new(source.outputs["Color"], tree.nodes["Principled BSDF"].inputs["Base Color"])
    mesh.materials[1].diffuse_color = (1, 1, 0, 1)
    source = prepared(bpy.context, target, TextureWish(size=32))
    assert (source.mesh.albedo[:, :15] == (0, 0, 255)).all()
    assert (source.mesh.albedo[:, 17:] == (255, 255, 0)).all()
    assert any("material 'noise' cannot be read" in each for each in source.notices), source.notices


def test_vertex_weights_become_a_slope_and_inverted_its_opposite():
    target = _halves(("red", RED), ("red", RED))
    group = target.vertex_groups.new(name="right")
    for vertex in target.data.vertices:
        group.add([vertex.index], float(vertex.co.x + 1) / 2, "REPLACE")
    wish = Mask("GROUP", "right")
    row = prepared(bpy.context, target, TextureWish(size=64, mask=wish)).mesh.mask[32].astype(int)
    np.testing.assert_allclose(row, (np.arange(64) + 0.5) / 64 * 255, atol=2)
    inverted = Mask("GROUP", "right", is_inverted=True)
    np.testing.assert_allclose(
        prepared(bpy.context, target, TextureWish(size=64, mask=inverted)).mesh.mask[32], 255 - row
    )


def test_a_mask_goes_through_modifiers_and_an_image_by_its_alpha():
    target = _halves(("red", RED), ("red", RED))
    target.modifiers.new("finer", "SUBSURF").subdivision_type = "SIMPLE"
    target.data.polygons.foreach_set("select", [False, True])
    mask = prepared(bpy.context, target, TextureWish(size=32, mask=Mask("SELECTION"))).mesh.mask
    assert not mask[:, :15].any()
    assert (mask[:, 17:] == 255).all()
    image = bpy.data.images.new("mask", 32, 32, alpha=True)
    pixels = np.zeros((32, 32, 4), np.float32)
    pixels[:16, :, 3] = 1  # Blender's first row is the lowest
    image.pixels.foreach_set(pixels.ravel())
    mask = prepared(bpy.context, target, TextureWish(size=32, mask=Mask("IMAGE", "mask", uses_alpha=True))).mesh.mask
    assert not mask[:16].any()
    assert (mask[16:] == 255).all()


def test_new_uvs_lie_apart_and_those_that_are_there_stay_active():
    target = make("overlapping uvs")
    source = prepared(bpy.context, target, TextureWish(size=64, uvs="NEW"))
    assert [layer.name for layer in target.data.uv_layers] == ["UVMap"]
    assert source.layer == "Any to 3D"
    assert source.new_uvs.shape == (len(target.data.loops), 2)
    assert len(source.mesh.uvs) == 24


def test_an_image_of_1024_is_ready_in_about_a_second():
    import time

    target = make("several materials")
    costs = []
    for _ in range(3):
        begun = time.process_time()
        prepared(bpy.context, target, TextureWish(size=1024))
        costs.append(time.process_time() - begun)
    # Measured 0.3 s of processor time on Blender 4.5.
    assert min(costs) < 1.5, costs


def _halves(left, right):
    """A rectangle of two faces at the whole image, one flat colour each, in an empty file; x from -1 to 1."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    mesh = bpy.data.meshes.new("halves")
    corners = [(x, 0, z) for z in (-1, 1) for x in (-1, 0, 1)]
    mesh.from_pydata(corners, [], [(0, 1, 4, 3), (1, 2, 5, 4)])
    for name, color in (left, right):
        mesh.materials.append(_flat(name, color))
    mesh.polygons.foreach_set("material_index", [0, 1])
    uv = [((corners[loop.vertex_index][0] + 1) / 2, (corners[loop.vertex_index][2] + 1) / 2) for loop in mesh.loops]
    mesh.uv_layers.new(name="UVMap").uv.foreach_set("vector", np.array(uv, np.float32).ravel())
    target = bpy.data.objects.new("halves", mesh)
    bpy.context.scene.collection.objects.link(target)
    bpy.context.view_layer.objects.active = target
    return target


def _checked_plane():
    """A rectangle with one material, and an image whose bottom left quarter is red on white."""
    target = _halves(("plain", RED), ("plain", RED))
    target.data.materials[1] = target.data.materials[0]
    image = bpy.data.images.new("checked", 8, 8)
    pixels = np.ones((8, 8, 4), np.float32)
    pixels[:4, :4, 1:3] = 0
    image.pixels.foreach_set(pixels.ravel())
    return target, image


def _group(name, given, result, kind="NodeSocketColor"):
    """A node group with one input and one output."""
    tree = bpy.data.node_groups.new(name, "ShaderNodeTree")
    tree.interface.new_socket(given, in_out="INPUT", socket_type="NodeSocketVector")
    tree.interface.new_socket(result, in_out="OUTPUT", socket_type=kind)
    tree.nodes.new("NodeGroupInput")
    tree.nodes.new("NodeGroupOutput")
    return tree


def _inside(tree, kind):
    return next(each for each in tree.nodes if each.bl_idname == kind)


def _link(tree, output, given):
    tree.links.new(output, given)


def _flat(name, color):
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*color, 1)
    return material


def _volume(mesh):
    first, second, third = (mesh.vertices[mesh.faces[:, corner]].astype(float) for corner in range(3))
    return float(np.einsum("nd,nd->n", first, np.cross(second, third)).sum() / 6)


def _blocks():
    return [len(kind) for kind in (bpy.data.objects, bpy.data.meshes, bpy.data.materials, bpy.data.images)]
