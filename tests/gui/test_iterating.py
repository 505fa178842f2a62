"""Going on from an object by clicks: new colours within a mask, versions, pause and finish, and a shape to approve."""

import numpy as np
import pytest
from screen import wait_until
from steps import GENERATE, PROMPT, generate, save
from window import PATIENCE

PROGRESS, SELECTED, RETEXTURE = "ANY_TO_3D_PT_progress", "ANY_TO_3D_PT_selected", "ANY_TO_3D_PT_retexture"
VERSIONS, APPROVAL = "ANY_TO_3D_PT_versions", "ANY_TO_3D_PT_approval"
SIZE = 64
FAKES_COLOUR = 10, 20, 200
KEPT_FROM, PAINTED_TO = 48, 30
"""Columns of the texture: right of the mask's last face, and left of its border."""

_MAKE_PLATE = f"""
import numpy
bpy.ops.mesh.primitive_grid_add(x_subdivisions=4, y_subdivisions=4, size=2)
plate = bpy.context.object
plate.name = 'plate'
group = plate.vertex_groups.new(name='left')
group.add([vertex.index for vertex in plate.data.vertices if vertex.co.x < 0.1], 1.0, 'REPLACE')
image = bpy.data.images.new('old', {SIZE}, {SIZE})
texels = numpy.random.default_rng(0).integers(0, 256, ({SIZE}, {SIZE}, 4)) / 255
texels[..., 3] = 1
image.pixels.foreach_set(texels.astype('f').ravel())
image.pack()
material = bpy.data.materials.new('paint')
material.use_nodes = True
nodes = material.node_tree.nodes
node = nodes.new('ShaderNodeTexImage')
node.image = image
shader = next(each for each in nodes if each.type == 'BSDF_PRINCIPLED')
material.node_tree.links.new(node.outputs[0], shader.inputs['Base Color'])
plate.data.materials.append(material)
bpy.ops.ed.undo_push(message='plate')
"""

_SHAPE_OF_PLATE = """
mesh = bpy.data.objects['plate'].data
answer = (
    [list(vertex.co) for vertex in mesh.vertices],
    [list(face.vertices) for face in mesh.polygons],
    [list(corner.uv) for corner in mesh.uv_layers.active.data],
)
"""

_TEXELS_OF_PLATE = """
nodes = bpy.data.objects['plate'].active_material.node_tree.nodes
shader = next(each for each in nodes if each.type == 'BSDF_PRINCIPLED')
image = shader.inputs['Base Color'].links[0].from_node.image
answer = image.size[:], [round(255 * value) for value in image.pixels]
"""


@pytest.fixture(scope="module")
def plate(connected):
    """Selected, with a noise for a texture and a vertex group on its left half; the file is saved."""
    path = connected.blender.folder / "plate.blend"
    connected.ask(_MAKE_PLATE)
    connected.ask(f"bpy.ops.wm.save_as_mainfile(filepath={str(path)!r})")
    return connected


def _texels(window):
    (width, height), values = window.ask(_TEXELS_OF_PLATE)
    return np.array(values, np.uint8).reshape(height, width, 4)[..., :3]


def test_n10_n15_retexture_with_a_mask_by_clicks_is_a_version_that_can_be_undone(plate):
    shape, old = plate.ask(_SHAPE_OF_PLATE), _texels(plate)
    plate.fill(PROMPT, "prompt", "a blue plate")
    plate.open_panel(SELECTED)
    _choose_vertex_group(plate)
    plate.click(RETEXTURE, "any_to_3d.retexture")
    plate.wait("session().jobs and session().jobs[-1].state == 'finished'")
    plate.wait("'2 of 2' in text_of('ANY_TO_3D_PT_versions')")
    new = _texels(plate)
    assert plate.ask(_SHAPE_OF_PLATE) == shape
    assert new.shape == old.shape == (SIZE, SIZE, 3)
    assert (new[:, KEPT_FROM:] == old[:, KEPT_FROM:]).all()
    assert (new[:, :PAINTED_TO] == FAKES_COLOUR).all()
    _walk_through_versions(plate, old, new)


def _choose_vertex_group(window):
    window.click(RETEXTURE, "mask")
    window.screen.press("v")  # underlined in the list
    window.wait("bpy.context.scene.any_to_3d.retexture.mask == 'GROUP'")


def _walk_through_versions(window, old, new):
    """Back by a click; undone, undone once more, redone; saved."""
    window.click(VERSIONS, "any_to_3d.version_previous")
    window.wait("'1 of 2' in text_of('ANY_TO_3D_PT_versions')")
    assert (_texels(window) == old).all()
    window.rest_pointer()
    window.screen.press("ctrl+z")
    window.wait("'2 of 2' in text_of('ANY_TO_3D_PT_versions')")
    assert (_texels(window) == new).all()
    window.screen.press("ctrl+z")
    window.wait("not module('objects.versions').versions_of(bpy.data.objects['plate'])")
    assert (_texels(window) == old).all()
    window.screen.press("ctrl+shift+z")
    window.wait("len(module('objects.versions').versions_of(bpy.data.objects['plate'])) == 2")
    assert (_texels(window) == new).all()
    save(window)
    window.ask("bpy.ops.wm.revert_mainfile()")
    window.wait("len(module('objects.versions').versions_of(bpy.data.objects['plate'])) == 2")
    assert (_texels(window) == new).all()


def test_d14_n15_a_texture_on_the_way_changes_in_the_3d_view(plate):
    plate.ask("setattr(view()[0].spaces.active.shading, 'color_type', 'TEXTURE')")
    plate.ask("bpy.ops.any_to_3d.retexture(prompt='slow gold')")
    plate.wait("session().jobs[-1].snapshots > 2")
    plate.rest_pointer()
    for _ in range(3):
        before = _middle_of_view(plate)
        wait_until(lambda before=before: _changed_pixels(plate, before) > 300, PATIENCE, "the texture stands still")
    plate.ask("bpy.ops.any_to_3d.finish_now()")
    plate.wait("session().jobs[-1].state == 'finished'")


def _changed_pixels(window, before):
    return np.count_nonzero(np.abs(_middle_of_view(window) - before).max(axis=-1) > 10)


def _middle_of_view(window):
    """Where the plate lies, without what stands around it."""
    left, top, right, bottom = window.ask("view_in_screen()")
    x, y = (left + right) // 2, (top + bottom) // 2
    return window.screen.picture()[y - 40 : y + 40, x - 60 : x + 60].astype(np.int16)


def test_n4_n6_n15_pause_resume_and_finish_now_at_a_click(connected):
    generate(connected, "slow chair")
    connected.wait("session().jobs[-1].snapshots > 2")
    connected.click(PROGRESS, "any_to_3d.pause")
    connected.wait("session().jobs[-1].is_paused")
    snapshots = connected.ask("session().jobs[-1].snapshots")
    connected.click(PROGRESS, "any_to_3d.resume")
    connected.wait(f"not session().jobs[-1].is_paused and session().jobs[-1].snapshots > {snapshots + 2}")
    connected.click(PROGRESS, "any_to_3d.finish_now")
    connected.wait("session().jobs[-1].state == 'finished'")
    assert connected.ask("bpy.data.objects['slow chair']['any_to_3d_is_final']")


def test_n7_n15_a_shape_is_approved_at_a_click_and_then_painted(connected):
    connected.click(GENERATE, "approve_shape")
    connected.wait("bpy.context.scene.any_to_3d.iteration.approve_shape")
    generate(connected, "a stool")
    connected.wait("session().jobs[-1].state == 'finished'")
    connected.ask("setattr(bpy.context.view_layer.objects, 'active', bpy.data.objects['a stool'])")
    connected.wait("\"The shape of 'a stool' is done\" in text_of('ANY_TO_3D_PT_approval')")
    connected.click(APPROVAL, "any_to_3d.approve_shape")
    connected.wait("len(session().jobs) and session().jobs[-1].origin.parent and session().jobs[-1].is_over")
    assert connected.ask("session().jobs[-1].state") == "finished"
    connected.wait("not module('operators.approval').is_to_be_approved(bpy.context.active_object)")
