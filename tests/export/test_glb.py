import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh
from analytic_scenes import AnalyticScene, sphere
from any_to_3d.backend.finishing.glb import write_glb
from any_to_3d.backend.snapshot import finished
from any_to_3d.shared.mesh import MeshError, TexturedMesh

REPOSITORY = Path(__file__).parents[2]
NODE_FOLDER = REPOSITORY / "build" / "node"

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def signpost() -> TexturedMesh:
    """A square facing the front (-Y), two units high, with red, green / blue, white as its texture's quadrants."""
    vertices = np.array([[-1, 0, 3], [1, 0, 3], [1, 0, 5], [-1, 0, 5]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    uvs = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    albedo = np.array([[RED, GREEN], [BLUE, WHITE]], np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    return TexturedMesh(vertices, faces, uvs, faces, albedo)


def reopened(mesh: TexturedMesh, folder: Path, height: float | None = None) -> trimesh.Trimesh:
    write_glb(mesh, folder / "model.glb", height)
    scene = trimesh.load_scene(folder / "model.glb", process=False)
    (geometry,) = scene.geometry.values()
    return geometry


def test_front_looks_along_positive_z_and_up_is_y(tmp_path: Path) -> None:
    model = reopened(signpost(), tmp_path)
    assert model.bounds == pytest.approx(np.array([[-1, 3, 0], [1, 5, 0]]))
    assert model.face_normals == pytest.approx(np.array([[0, 0, 1], [0, 0, 1]]))
    assert model.vertex_normals == pytest.approx(np.tile([0, 0, 1], (4, 1)))


def test_top_left_of_the_texture_is_at_the_top_left_of_the_front(tmp_path: Path) -> None:
    model = reopened(signpost(), tmp_path)
    image = np.asarray(model.visual.material.baseColorTexture)
    assert tuple(image[0, 0]) == RED
    assert tuple(image[0, -1]) == GREEN
    assert tuple(image[-1, 0]) == BLUE
    places = np.sign(model.vertices[:, :2] - [0, 4]).astype(int)
    seen = {tuple(place): tuple(uv) for place, uv in zip(places, model.visual.uv, strict=True)}
    # trimesh gives v = 1 at the top again, so the viewer's top left corner must read (0, 1), the red quadrant.
    assert seen == {(-1, 1): (0, 1), (1, 1): (1, 1), (-1, -1): (0, 0), (1, -1): (1, 0)}


def test_stored_v_runs_downwards_as_gltf_wants(tmp_path: Path) -> None:
    write_glb(signpost(), tmp_path / "model.glb", None)
    header, binary = chunks((tmp_path / "model.glb").read_bytes())
    attributes = header["meshes"][0]["primitives"][0]["attributes"]
    positions, uvs = (floats(header, binary, attributes[name]) for name in ("POSITION", "TEXCOORD_0"))
    top_left = int(np.argmax(positions[:, 1] - positions[:, 0]))
    assert tuple(uvs[top_left]) == (0, 0)


def test_object_stands_on_its_base_in_metres(tmp_path: Path) -> None:
    model = reopened(signpost(), tmp_path, height=0.5)
    assert model.bounds == pytest.approx(np.array([[-0.25, 0, 0], [0.25, 0.5, 0]]))


def test_material_is_a_rough_dielectric_with_a_png(tmp_path: Path) -> None:
    write_glb(signpost(), tmp_path / "model.glb", None)
    header, _ = chunks((tmp_path / "model.glb").read_bytes())
    surface = header["materials"][0]["pbrMetallicRoughness"]
    assert surface["metallicFactor"] == 0
    assert surface["roughnessFactor"] == pytest.approx(0.7)
    assert header["images"][0]["mimeType"] == "image/png"


def test_round_trip_keeps_every_triangle_and_its_texture_place(tmp_path: Path) -> None:
    mesh = finished(AnalyticScene(sphere(subdivisions=3)), texture_size=64, max_faces=5000)
    model = reopened(mesh, tmp_path)
    back = model.triangles[:, :, [0, 2, 1]] * [1, -1, 1]
    assert back == pytest.approx(mesh.vertices[mesh.faces], abs=1e-6)
    assert model.visual.uv[model.faces] == pytest.approx(mesh.uvs[mesh.uv_faces], abs=1e-6)
    outward = np.einsum("ij,ij->i", model.face_normals, model.triangles_center)
    assert outward.min() > 0


@pytest.mark.parametrize("height", [0.0, -1.0, float("nan")])
def test_impossible_height_is_refused(tmp_path: Path, height: float) -> None:
    with pytest.raises(ValueError, match="need more than 0"):
        write_glb(signpost(), tmp_path / "model.glb", height)


def test_invalid_mesh_is_not_written(tmp_path: Path) -> None:
    good = signpost()
    with pytest.raises(MeshError, match="uvs"):
        write_glb(TexturedMesh(good.vertices, good.faces, good.uvs + 1, good.uv_faces, good.albedo), tmp_path / "x.glb")
    assert not list(tmp_path.iterdir())


def test_khronos_validator_finds_nothing_wrong(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    if not (NODE_FOLDER / "node_modules" / "gltf-validator").exists():
        pytest.skip("run: npm install --prefix build/node gltf-validator")
    write_glb(finished(AnalyticScene(sphere()), texture_size=128, max_faces=3000), tmp_path / "model.glb", 1.0)
    script = Path(__file__).with_name("validate_glb.cjs")
    command = [node, str(script), str(NODE_FOLDER), str(tmp_path / "model.glb")]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout)
    issues = report["issues"]
    assert (issues["numErrors"], issues["numWarnings"]) == (0, 0), issues["messages"]
    assert report["info"]["totalTriangleCount"] == 3000


@pytest.mark.blender
def test_blender_reopens_it_upright_facing_front_with_its_picture(tmp_path: Path) -> None:
    write_glb(signpost(), tmp_path / "model.glb", height_metres=0.5)
    command = [sys.executable, str(Path(__file__).with_name("reopen_in_blender.py")), str(tmp_path / "model.glb")]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=240).stdout
    report = json.loads(next(line for line in output.splitlines() if line.startswith("REPORT "))[7:])
    assert report["faces"] == 2
    # Blender is Z up with its front view along +Y, so the sign still stands in the XZ plane.
    assert report["low"] == pytest.approx([-0.25, 0, 0], abs=1e-5)
    assert report["high"] == pytest.approx([0.25, 0, 0.5], abs=1e-5)
    assert report["top_left"] == pytest.approx([1, 0, 0], abs=0.01)
    places = {(round(x, 2), round(z, 2)): (round(u, 2), round(v, 2)) for x, _, z, u, v in report["corners"]}
    assert places == {(-0.25, 0): (0, 0), (0.25, 0): (1, 0), (-0.25, 0.5): (0, 1), (0.25, 0.5): (1, 1)}
    assert (report["metallic"], report["roughness"]) == (0, pytest.approx(0.7))


def chunks(glb: bytes) -> tuple[dict, bytes]:
    """The JSON and binary chunk of a GLB, by the layout of the glTF 2.0 specification."""
    json_length = int.from_bytes(glb[12:16], "little")
    return json.loads(glb[20 : 20 + json_length]), glb[20 + json_length + 8 :]


def floats(header: dict, binary: bytes, accessor: int) -> np.ndarray:
    entry = header["accessors"][accessor]
    view = header["bufferViews"][entry["bufferView"]]
    width = {"VEC2": 2, "VEC3": 3}[entry["type"]]
    start = view.get("byteOffset", 0) + entry.get("byteOffset", 0)
    return np.frombuffer(binary, np.float32, entry["count"] * width, start).reshape(-1, width)
