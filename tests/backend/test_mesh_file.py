"""Meshes in files: what is read of them, what is said, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from any_to_3d.backend.finishing.glb import write_glb
from any_to_3d.backend.mesh_file import read_mesh
from any_to_3d.shared.mesh import TexturedMesh
from PIL import Image
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals


def sheet(uvs: np.ndarray | None, **material: object) -> trimesh.Trimesh:
    """A square in the file's own axes (Y up), 2 to 4 to the right and 5 to 7 up."""
    corners = np.array([[2, 5, 0], [4, 5, 0], [4, 7, 0], [2, 7, 0]], float)
    visual = None if uvs is None else TextureVisuals(uv=uvs, material=PBRMaterial(**material))
    return trimesh.Trimesh(corners, [[0, 1, 2], [0, 2, 3]], visual=visual, process=False)


SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)


def picture(colour: tuple[int, int, int] = (10, 200, 30)) -> Image.Image:
    return Image.new("RGB", (8, 4), colour)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(*parts: trimesh.Trimesh, name: str = "mesh.glb") -> Path:
        scene = trimesh.Scene(list(parts))
        scene.export(tmp_path / name)
        return tmp_path / name

    return write


def test_a_file_is_turned_to_z_up_and_scaled_into_the_ball(written: Callable[..., Path]) -> None:
    found = read_mesh(written(sheet(SQUARE, baseColorTexture=picture())))
    assert np.linalg.norm(found.source.vertices, axis=1) == pytest.approx(np.full(4, 0.95), abs=1e-6)
    assert found.vertices[:, 2].min() == 5
    assert found.vertices[:, 2].max() == 7
    assert found.source.albedo is not None
    assert found.source.albedo.shape == (4, 8, 3)
    assert (found.source.albedo == (10, 200, 30)).all()
    assert found.notices == ()


def test_what_was_read_is_written_with_the_same_corners_and_coordinates(
    written: Callable[..., Path], tmp_path: Path
) -> None:
    path = written(sheet(SQUARE, baseColorTexture=picture()))
    found = read_mesh(path)
    mesh = found.source
    assert mesh.albedo is not None
    painted = TexturedMesh(mesh.vertices, mesh.faces, mesh.uvs, mesh.uv_faces, 255 - mesh.albedo)
    write_glb(found.finished(painted), tmp_path / "out.glb")
    before, after = (trimesh.load_scene(each, process=False).dump()[0] for each in (path, tmp_path / "out.glb"))
    assert np.array_equal(before.vertices[before.faces], after.vertices[after.faces])
    assert np.array_equal(before.visual.uv[before.faces], after.visual.uv[after.faces])


def test_a_colour_without_a_texture_is_the_present_colour(written: Callable[..., Path]) -> None:
    found = read_mesh(written(sheet(SQUARE, baseColorFactor=[255, 0, 0, 255])))
    assert found.source.albedo is not None
    assert (found.source.albedo == (255, 0, 0)).all()


def test_coordinates_in_another_tile_are_brought_into_the_first(written: Callable[..., Path]) -> None:
    found = read_mesh(written(sheet(0.5 * SQUARE + [3.25, 1.25], baseColorTexture=picture())))
    assert found.source.has_uvs
    corners = found.source.uvs[found.source.uv_faces].reshape(-1, 2)
    assert corners.min(axis=0) == pytest.approx([0.25, 0.25], abs=1e-5)
    assert corners.max(axis=0) == pytest.approx([0.75, 0.75], abs=1e-5)


@pytest.mark.parametrize(
    ("parts", "notice"),
    [
        ([sheet(None)], "has no texture coordinates, so new ones are made"),
        ([sheet(3 * SQUARE, baseColorTexture=picture())], "is repeated over the mesh"),
        (
            [sheet(SQUARE, baseColorTexture=picture((9, 9, 9))), sheet(SQUARE, baseColorTexture=picture())],
            "several materials with colours of their own",
        ),
    ],
)
def test_what_cannot_be_kept_is_said_and_the_mesh_is_to_be_unwrapped(
    written: Callable[..., Path], parts: list[trimesh.Trimesh], notice: str
) -> None:
    found = read_mesh(written(*parts))
    assert not found.source.has_uvs
    assert found.source.albedo is None
    assert notice in found.notices[0]


def test_an_obj_file_is_read(written: Callable[..., Path]) -> None:
    found = read_mesh(written(sheet(None), name="mesh.obj"))
    assert len(found.source.faces) == 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("no.glb", None, "there is no file"),
        ("mesh.fbx", b"x", "is no mesh that can be read; allowed are .glb, .gltf, .obj"),
        ("broken.glb", b"glTF but broken", "cannot be read as a mesh"),
        ("empty.obj", b"# nothing\n", "has no triangle|cannot be read as a mesh"),
        ("point.obj", b"v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n", "has no extent"),
    ],
)
def test_what_is_no_mesh_is_named(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message) as refused:
        read_mesh(tmp_path / name)
    assert name in str(refused.value)


def test_a_huge_mesh_is_refused_with_its_size(written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("any_to_3d.backend.mesh_file.MAX_SOURCE_FACES", 1)
    with pytest.raises(ValueError, match="has 2 triangles; at most 1 are allowed, so decimate it"):
        read_mesh(written(sheet(None)))
