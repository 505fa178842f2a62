"""``any-to-3d retexture``: a mesh file in, the same mesh with new colours out, or a reason."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from any_to_3d.backend import __main__
from any_to_3d.backend.finishing.glb import write_glb
from any_to_3d.shared.mesh import TexturedMesh
from PIL import Image
from source_meshes import square

FAST = ("--profile", "fake", "--overrides", "seconds", "0.1", "steps", "3")


@pytest.fixture
def mesh(tmp_path: Path) -> Path:
    """A square with a texture of 32 x 16 random texels."""
    albedo = np.random.default_rng(0).integers(0, 256, (16, 32, 3), dtype=np.uint8)
    given = square(albedo=albedo)
    assert given.albedo is not None
    path = tmp_path / "square.glb"
    write_glb(TexturedMesh(given.vertices, given.faces, given.uvs, given.uv_faces, given.albedo), path)
    return path


Command = Callable[..., tuple[int, str]]


@pytest.fixture
def retexture(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command in this process: its exit status and what it said."""
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(__main__, "log_to_stderr", lambda level: None)

    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            __main__.main(["retexture", *map(str, arguments)])
        return ended.value.code, capsys.readouterr().err

    return run


def surface(path: Path) -> trimesh.Trimesh:
    return trimesh.load_scene(path, process=False).dump()[0]


def pixels(made: trimesh.Trimesh) -> np.ndarray:
    return np.asarray(made.visual.material.baseColorTexture.convert("RGB"))


def test_the_same_mesh_comes_out_with_other_colours(retexture: Command, mesh: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.glb"
    status, said = retexture(mesh, "--text", "a green square", "--out", out, *FAST)
    assert status == 0, said
    assert "32 x 16 texels" in said
    before, after = surface(mesh), surface(out)
    assert np.array_equal(before.vertices[before.faces], after.vertices[after.faces])
    assert np.array_equal(before.visual.uv[before.faces], after.visual.uv[after.faces])
    assert (pixels(before) != pixels(after)).any()


def test_a_mask_keeps_what_is_black_in_it(retexture: Command, mesh: Path, tmp_path: Path) -> None:
    mask = np.zeros((16, 32), np.uint8)
    mask[:, 16:] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    out = tmp_path / "out.glb"
    asked = ("--text", "a green square", "--mask", tmp_path / "mask.png", "--mask-border", "0", "--output", out)
    status, said = retexture(mesh, *asked, *FAST)
    assert status == 0, said
    before, after = pixels(surface(mesh)), pixels(surface(out))
    assert (before[:, :16] == after[:, :16]).all()
    assert (before[:, 16:] != after[:, 16:]).any()


def test_a_mesh_without_coordinates_gets_some_and_is_told_so(retexture: Command, tmp_path: Path) -> None:
    trimesh.creation.box().export(tmp_path / "box.obj")
    out = tmp_path / "out.glb"
    status, said = retexture(tmp_path / "box.obj", "--text", "a red box", "--size", "64x32", "--out", out, *FAST)
    assert status == 0, said
    assert "has no texture coordinates, so new ones are made" in said
    assert pixels(surface(out)).shape == (32, 64, 3)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ((), "nothing to make: pass --text, --image or --sound"),
        (("--text", "a", "--strength", "0"), "--strength is 0; choose from above 0, a tint, to 1, all new"),
        (("--text", "a", "--size", "9"), "--size is '9'; give pixels as in 1024 or 2048x1024, from 16 to 4096 a side"),
        (("--text", "a", "--size", "big"), "--size is 'big'"),
        (("--text", "a", "--mask-border", "-1"), "--mask-border is -1; choose from 0 to 256 texels"),
        (("--text", "a", "--mask", "none.png"), "--mask: none.png cannot be read"),
        (("--text", "a", "--out", "object.obj"), "objects are written as GLB"),
    ],
)
def test_what_cannot_be_done_is_said(
    retexture: Command, mesh: Path, options: tuple[str, ...], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(mesh.parent)
    status, said = retexture(mesh, *options, *FAST)
    assert status == 1
    assert reason in said


def test_masks_of_another_size_or_without_white_are_refused(retexture: Command, mesh: Path, tmp_path: Path) -> None:
    for shape, reason in (((8, 8), "The mask has 8 x 8 pixels"), ((16, 32), "The mask allows no change anywhere")):
        Image.fromarray(np.zeros(shape, np.uint8)).save(tmp_path / "mask.png")
        status, said = retexture(mesh, "--text", "a", "--mask", tmp_path / "mask.png", *FAST)
        assert status == 1
        assert reason in said


def test_a_file_that_is_no_picture_is_no_mask(retexture: Command, mesh: Path) -> None:
    status, said = retexture(mesh, "--text", "a", "--mask", mesh, *FAST)
    assert status == 1
    assert "is no picture; give a PNG" in said


def test_without_a_mesh_the_question_is_which(retexture: Command) -> None:
    status, said = retexture("--text", "a", *FAST)
    assert status == 1
    assert "which mesh?" in said
