"""Claims about what a request takes from the scene around it: an angle, a height, colours.

The environment names the zip and a program that plays the backend: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import math
import tempfile
import types
from pathlib import Path

import bpy
from addon_in_use import empty_file, install, link, module, raised, start
from mathutils import Matrix

install()
start()

messages = module("messages", "shared")


def test_n11_the_camera_says_from_where_the_picture_is_seen():
    # 5 m to the right of the cursor and half a metre up, the middle of an object one metre tall: 90 degrees, level.
    assert _angle_from_camera((8, 2, 3.5)) == (0, 90)
    # In front and as far above the middle.
    assert _angle_from_camera((3, -2, 7.5)) == (45, 0)
    # To the left.
    assert _angle_from_camera((-1, 2, 3.5)) == (0, 270)


def test_n11_a_camera_without_perspective_sees_along_its_axis_wherever_it_stands():
    # Turned by 90 degrees about X it looks along +Y, from the front.
    assert _angle_from_camera((40, -9, 99), (math.pi / 2, 0, 0), "ORTHO") == (0, 0)


def test_n11_what_replaces_a_turned_object_is_seen_in_that_objects_own_axes():
    empty_file()
    bpy.ops.mesh.primitive_cube_add(size=2, location=(0, 0, 0), rotation=(0, 0, math.pi / 2))
    _camera((9, 0, 0), (0, 0, 0), "PERSP")
    # Its front, -Y, was turned to +X, where the camera stands.
    assert _sent(place="REPLACE", origin="CENTRE") == (0, 0)


def test_n11_the_3d_view_says_from_where_the_picture_is_seen():
    empty_file()
    seen_from, place = module("objects.viewpoint").seen_from, module("objects.placement").Placement
    middle = place((3, 2, 3), 1.0, "Scene", "CENTRE")
    # The eye 4 m to the right of the object, looking at -X: what a 3D view's matrix undoes.
    eye = Matrix.Translation((7, 2, 3)) @ Matrix.Rotation(math.pi / 2, 4, "Z") @ Matrix.Rotation(math.pi / 2, 4, "X")
    found = seen_from(_in_view(eye, True), "VIEW", middle)
    assert (found.elevation, found.azimuth) == (0, 90)
    # Without perspective only the direction counts: from above the front.
    eye = Matrix.Translation((50, 60, 70)) @ Matrix.Rotation(math.radians(60), 4, "X")
    found = seen_from(_in_view(eye, False), "VIEW", middle)
    assert (found.elevation, found.azimuth) == (30, 0)


def test_n11_without_a_camera_or_a_view_it_is_said_and_nothing_is_sent():
    empty_file()
    jobs = link().session.jobs
    assert "no camera" in raised(lambda: _generate(seen_from="CAMERA"))
    assert "no 3D view" in raised(lambda: _generate(seen_from="VIEW"))
    assert link().session.jobs == jobs
    bpy.ops.any_to_3d.dismiss()


def test_n11_a_prompt_without_a_picture_has_no_angle():
    empty_file()
    bpy.context.scene.any_to_3d.iteration.seen_from = "CAMERA"
    bpy.ops.any_to_3d.generate(prompt="a red chair")
    assert link().session.jobs[-1].submit is None or link().session.jobs[-1].submit.seen_from is None
    bpy.ops.any_to_3d.wait(timeout=20)


def test_n11_the_height_is_that_of_the_selection_in_metres():
    empty_file()
    bpy.context.scene.unit_settings.scale_length = 0.01
    bpy.ops.mesh.primitive_cube_add(size=2, location=(0, 0, 10))
    bpy.ops.mesh.primitive_cube_add(size=2, location=(5, 0, 30), scale=(1, 1, 2))
    bpy.context.view_layer.update()
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.any_to_3d.height_from_selection()
    # From 9 to 32 centimetres.
    assert math.isclose(bpy.context.scene.any_to_3d.height, 0.23, rel_tol=1e-6)
    bpy.ops.object.select_all(action="DESELECT")
    assert not bpy.ops.any_to_3d.height_from_selection.poll()


def test_n11_the_palette_is_that_of_the_selected_materials_and_stands_in_the_prompt():
    empty_file()
    red, white = _material("red", (0.8, 0.01, 0.01, 1)), _material("white", (1, 1, 1, 1))
    bpy.ops.mesh.primitive_cube_add(size=2)
    cube = bpy.context.object
    cube.data.materials.append(red)
    cube.data.materials.append(white)
    cube.data.polygons[0].material_index = cube.data.polygons[1].material_index = 1
    bpy.context.scene.any_to_3d.prompt = "a chair"
    bpy.ops.any_to_3d.palette_from_selection()
    assert bpy.context.scene.any_to_3d.prompt == "a chair, red and white"
    bpy.ops.any_to_3d.palette_from_selection()
    assert bpy.context.scene.any_to_3d.prompt == "a chair, red and white"


def test_n11_the_palette_of_a_texture_is_that_of_the_texels_in_use():
    empty_file()
    bpy.ops.mesh.primitive_plane_add(size=2)
    plane = bpy.context.object
    image = bpy.data.images.new("half", 8, 8)
    # Green at the right, blue at the left; the plane's UVs shrink to the right half.
    image.pixels = [part for _ in range(8) for x in range(8) for part in ((0, 0.5, 0, 1) if x > 3 else (0, 0, 1, 1))]
    material = _material("painted", (1, 1, 1, 1))
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    shader = next(each for each in material.node_tree.nodes if each.type == "BSDF_PRINCIPLED")
    material.node_tree.links.new(node.outputs["Color"], shader.inputs["Base Color"])
    plane.data.materials.append(material)
    for corner in plane.data.uv_layers.active.uv:
        corner.vector.x = 0.6 + 0.4 * corner.vector.x
    bpy.ops.any_to_3d.palette_from_selection()
    assert bpy.context.scene.any_to_3d.prompt == "green"


def _in_view(eye, is_perspective):
    """A context as in a 3D view, which a Blender without a window does not have."""
    region = types.SimpleNamespace(view_matrix=eye.inverted(), is_perspective=is_perspective)
    return types.SimpleNamespace(scene=bpy.context.scene, region_data=region)


def _material(name, color):
    material = bpy.data.materials.new(name)
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    next(each for each in material.node_tree.nodes if each.type == "BSDF_PRINCIPLED").inputs[0].default_value = color
    return material


def _angle_from_camera(location, rotation=(0, 0, 0), kind="PERSP"):
    empty_file()
    bpy.context.scene.cursor.location = (3, 2, 3)
    _camera(location, rotation, kind)
    return _sent(place="CURSOR", origin="BASE", height=1.0)


def _camera(location, rotation, kind):
    camera = bpy.data.cameras.new("camera")
    camera.type = kind
    target = bpy.data.objects.new("camera", camera)
    target.location, target.rotation_euler = location, rotation
    bpy.context.scene.collection.objects.link(target)
    bpy.context.scene.camera = target
    bpy.context.view_layer.update()


def _sent(**options):
    """The angle of the request that this sends."""
    _generate(seen_from="CAMERA", **options)
    angle = link().session.jobs[-1].submit.seen_from
    bpy.ops.any_to_3d.wait(timeout=20)
    return angle.elevation, angle.azimuth


def _generate(**options):
    picture = Path(tempfile.mkdtemp()) / "a.png"
    picture.write_bytes(b"a picture")
    bpy.ops.any_to_3d.generate(image=str(picture), **options)
