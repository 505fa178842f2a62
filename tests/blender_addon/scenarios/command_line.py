"""Claims about ``blender --command any_to_3d`` (D20), called as Blender calls it.

The environment names the zip and a program that plays the backend: ANY_TO_3D_ZIP, ANY_TO_3D_PROGRAM.
"""

import contextlib
import importlib
import io
import json
import struct
import tempfile
from pathlib import Path

import bpy
from addon_in_use import PACKAGE, PROGRAM, empty_file, install, preferences

install()
preferences().command = PROGRAM
FOLDER = Path(tempfile.mkdtemp(prefix="out ü "))


def _run(*words):
    """Exit status, standard output, standard error."""
    command = importlib.import_module(f"{PACKAGE}.blender_addon.command_line")
    empty_file()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = command.run([str(word) for word in words])
    return status, out.getvalue(), err.getvalue()


def test_d20_two_objects_are_generated_and_saved_as_a_blend_file():
    path = FOLDER / "chairs.blend"
    status, out, err = _run("generate", "--prompt", "a red chair", "--count", 2, "--seed", 5, "--out", path)
    assert (status, err) == (0, "")
    assert "saved" in out
    bpy.ops.wm.open_mainfile(filepath=str(path))
    made = [each for each in bpy.data.objects if each.get("any_to_3d_is_final")]
    assert sorted(each["any_to_3d_seed"] for each in made) == [5, 6]
    assert len({each.location.x for each in made}) == 2


def test_d20_an_object_is_exported_as_gltf_with_its_provenance():
    path = FOLDER / "chair.glb"
    status, _, err = _run("generate", "--prompt", "a red chair", "--height", 0.5, "--out", path)
    assert (status, err) == (0, "")
    data = path.read_bytes()
    (length,) = struct.unpack_from("<I", data, 12)
    document = json.loads(data[20 : 20 + length])
    assert document["nodes"][0]["extras"]["any_to_3d_prompt"] == "a red chair"


def test_d20_what_goes_wrong_is_one_sentence_and_a_status():
    status, _, err = _run("generate", "--prompt", "blorb", "--out", FOLDER / "x.glb")
    assert status == 1
    assert "The word 'blorb' is not known here." in err
    assert not (FOLDER / "x.glb").exists()
    status, _, err = _run("generate", "--prompt", "a chair", "--out", FOLDER / "x.png")
    assert status == 1
    assert ".blend, .glb, .gltf" in err
    status, _, err = _run("generate", "--prompt", "a chair")
    assert status == 2
    assert "--out" in err
    assert len(err.splitlines()) < 20


def test_d20_a_mesh_of_a_file_is_refined_in_its_place():
    mesh, path = FOLDER / "block.blend", FOLDER / "refined.blend"
    empty_file()
    bpy.ops.mesh.primitive_cube_add(size=2, location=(4, 0, 0), scale=(1, 1, 2))
    bpy.context.object.name = "Block"
    bpy.ops.wm.save_as_mainfile(filepath=str(mesh))
    status, _, err = _run("refine", "--mesh", mesh, "--prompt", "a red chair", "--keep", 0.8, "--out", path)
    assert (status, err) == (0, "")
    bpy.ops.wm.open_mainfile(filepath=str(path))
    target = bpy.data.objects["Block"]
    assert target["any_to_3d_prompt"] == "a red chair"
    assert tuple(round(each, 5) for each in target.dimensions) == (2, 2, 4)


def test_d20_a_job_goes_on_from_an_object_that_was_exported():
    first, path = FOLDER / "first.glb", FOLDER / "blue.glb"
    assert _run("generate", "--prompt", "a red chair", "--seed", 5, "--out", first)[0] == 0
    status, _, err = _run("continue", "--mesh", first, "--prompt", "a blue chair", "--out", path)
    assert (status, err) == (0, "")
    empty_file()
    bpy.ops.import_scene.gltf(filepath=str(path))
    (target,) = (each for each in bpy.data.objects if each.type == "MESH")
    assert (target["any_to_3d_prompt"], target["any_to_3d_seed"]) == ("a blue chair", 5)
    assert target["any_to_3d_parent"].startswith("job-")


def test_d20_a_mesh_that_cannot_be_told_is_asked_for_by_name():
    path = FOLDER / "two.blend"
    empty_file()
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.mesh.primitive_cone_add()
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    status, _, err = _run("refine", "--mesh", path, "--prompt", "a chair", "--out", FOLDER / "x.glb")
    assert (status, "--object must name one of the meshes" in err, "'Cone'" in err) == (1, True, True)
    status, _, err = _run("refine", "--mesh", FOLDER / "none.obj", "--prompt", "a chair", "--out", FOLDER / "x.glb")
    assert (status, "there is no file" in err) == (1, True)


def test_d20_a_mesh_of_a_file_is_painted_anew_where_a_group_allows_it():
    mesh, path = FOLDER / "grid.blend", FOLDER / "painted.blend"
    empty_file()
    bpy.ops.mesh.primitive_grid_add(x_subdivisions=8, y_subdivisions=8)
    target = bpy.context.object
    group = target.vertex_groups.new(name="right")
    group.add([each.index for each in target.data.vertices if each.co.x > 0], 1.0, "REPLACE")
    bpy.ops.wm.save_as_mainfile(filepath=str(mesh))
    words = ("--mesh", mesh, "--prompt", "gold", "--size", 64, "--group", "right", "--strength", 0.5)
    status, _, err = _run("retexture", *words, "--out", path)
    assert (status, err) == (0, "")
    bpy.ops.wm.open_mainfile(filepath=str(path))
    material = bpy.data.objects["Grid"].material_slots[0].material
    image = material.node_tree.nodes.active.image
    row = [tuple(round(255 * each) for each in image.pixels[4 * x : 4 * x + 3]) for x in range(64)]
    assert (row[2], row[61]) == ((231, 231, 231), (10, 20, 200))
    status, _, err = _run("retexture", *words[:4], "--strength", 0, "--out", path)
    assert (status, "--strength is 0" in err) == (1, True)
