"""The demo command, in a real Blender, against the backend's stand-in."""

import json
import os
import struct
from pathlib import Path

import pytest
from any_to_3d.backend.demo.contact_sheet import write_sheet
from any_to_3d.backend.demo.run import DemoFailed, DemoOptions, ProgressLine, main, run
from any_to_3d.backend.extension.build_zip import BuildError
from any_to_3d.backend.vocabulary import read_vocabulary
from bpy_pythons import fake_program, pythons
from PIL import Image
from rich.console import Console
from rich.progress import Progress

NO_BPY = "no bpy here: pip install bpy, or name Pythons in ANY_TO_3D_BPY_PYTHONS"


def needs_bpy(test):
    """Marks a test that runs a real Blender with the stand-in, which is a script with a shebang line."""
    return pytest.mark.skipif(not pythons() or os.name == "nt", reason=NO_BPY)(test)


@pytest.fixture
def options(tmp_path):
    """Changes -> options of a demo with the stand-in, in the last of the Pythons (the newest, as CI names them)."""

    def make(text, **changes):
        program = Path(fake_program(tmp_path))
        return DemoOptions(text, out=tmp_path / "out dir", blender=Path(pythons()[-1]), program=program, **changes)

    return make


def quiet_run(options):
    try:
        with Progress(console=Console(quiet=True)) as progress:
            return run(options, ProgressLine(progress))
    except BuildError as error:
        pytest.skip(str(error))


@pytest.fixture
def demo(options):
    return quiet_run(options("a red chair", seed=3, preset="draft"))


@needs_bpy
def test_the_demo_writes_a_scene_a_model_and_a_contact_sheet(demo):
    assert demo.snapshots >= 12
    assert 0 < demo.first_mesh <= demo.total
    assert [path.name for path in demo.files] == ["demo.blend", "demo.glb", "demo.png"]
    blend, glb, png = demo.files
    assert blend.stat().st_size > 10_000
    model = _json_of_glb(glb)
    assert model["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["index"] == 0
    assert model["nodes"][0]["extras"]["any_to_3d_prompt"] == "a red chair"
    sheet = Image.open(png)
    assert sheet.width > sheet.height
    # The stand-in's finished cube is red, and nothing else on the sheet's second row is.
    red, green, blue = sheet.getpixel((sheet.width // 16, sheet.height * 3 // 4))
    assert red > 2 * max(green, blue)


@needs_bpy
def test_a_refused_prompt_fails_the_demo_with_the_backends_words(options):
    with pytest.raises(DemoFailed, match=r"'blorb' is not known here\."):
        quiet_run(options("blorb chair"))


@needs_bpy
def test_a_backend_that_cannot_start_fails_the_demo_with_its_last_words(options):
    broken = options("a red chair")
    broken.program.write_text("#!/bin/sh\necho no weights in this folder\nexit 4\n")
    with pytest.raises(DemoFailed, match=r"exit code 4\. Its last words: no weights in this folder"):
        quiet_run(broken)


def test_a_blender_that_is_not_there_ends_with_a_sentence_and_status_1(tmp_path, capsys):
    assert main(DemoOptions("a red chair", blender=tmp_path / "blender", out=tmp_path)) == 1
    assert "There is no program" in capsys.readouterr().out


def test_without_a_blender_the_advice_is_to_install_from_the_source(tmp_path, monkeypatch):
    """The name any-to-3d on the package index is not this project's."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DemoFailed, match=r"source, run: pip install -e '\.\[blender\]'"):
        quiet_run(DemoOptions(out=tmp_path))


def test_the_default_prompt_is_one_that_the_builtin_models_know():
    vocabulary = read_vocabulary()
    assert vocabulary.notices([DemoOptions().text]) == []
    assert len(vocabulary.kinds(DemoOptions().text)) == 1


def test_a_blender_that_does_not_run_python_is_said(tmp_path):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(DemoFailed, match="does not run Python"):
        quiet_run(DemoOptions("a red chair", blender=program, out=tmp_path))


def test_a_contact_sheet_is_as_wide_as_its_longest_row(tmp_path):
    tiles = []
    for index in range(3):
        tiles.append(tmp_path / f"{index}.png")
        Image.new("RGB", (10, 10), (index * 100, 0, 0)).save(tiles[-1])
    write_sheet([("one", tiles[:1]), ("none", []), ("three", tiles)], tmp_path / "sheet.png")
    assert Image.open(tmp_path / "sheet.png").size == (8 + 3 * 18, 8 + 2 * 38)


def test_a_contact_sheet_without_tiles_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least one tile"):
        write_sheet([("none", [])], tmp_path / "sheet.png")


def _json_of_glb(path):
    content = path.read_bytes()
    (length,) = struct.unpack_from("<I", content, 12)
    return json.loads(content[20 : 20 + length])
