"""The command any-to-3d, as a person runs it, with the fake profile."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile
import trimesh
from any_to_3d.backend import __main__
from any_to_3d.backend.catalogue import PROFILES
from any_to_3d.backend.commands.generate import Generate
from any_to_3d.backend.version import backend_version
from any_to_3d.shared.messages import ImagePrompt, TextPrompt
from photos import photo, png


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def any_to_3d(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """The command in this process, which spares starting Python for each."""
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(__main__, "log_to_stderr", lambda level: None)

    def run(*arguments: str) -> Outcome:
        with pytest.raises(SystemExit) as ended:
            __main__.main(arguments)
        return Outcome(ended.value.code, *capsys.readouterr())

    return run


Command = Callable[..., Outcome]


def test_help_names_every_command_and_is_quick() -> None:
    before = os.times()
    done = subprocess.run([sys.executable, "-m", "any_to_3d.backend", "--help"], capture_output=True, text=True)
    after = os.times()
    # Of processor time, which a busy machine does not stretch; .4 s is usual, and torch alone would be 1.7 s.
    assert after.children_user + after.children_system - before.children_user - before.children_system < 1.5
    assert done.returncode == 0
    commands = (
        "demo",
        "generate",
        "retexture",
        "refine",
        "continue",
        "props",
        "serve",
        "models",
        "doctor",
        "evaluate",
        "bench",
        "keys",
        "record-demo",
    )
    for command in commands:
        assert command in done.stdout


def test_importing_the_command_line_loads_neither_torch_nor_a_socket() -> None:
    script = "import sys, any_to_3d.backend.__main__; print([n for n in ('torch', 'zmq', 'numba') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_modules_of_the_server_process_load_no_torch() -> None:
    script = "import sys, any_to_3d.backend.serving; print([n for n in ('torch', 'transformers') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_generate_writes_a_glb_of_the_asked_height(any_to_3d: Command, tmp_path: Path) -> None:
    out = tmp_path / "car.glb"
    done = any_to_3d(
        *("generate", "--profile", "fake", "--text", "a red car", "--output", str(out), "--height", "2"),
        *("--overrides", "seconds", "0.2"),
    )
    assert done.status == 0, done.err
    assert f"{out}: 3072 faces" in done.err
    assert trimesh.load(out, force="mesh").extents[1] == pytest.approx(2.0, abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "nothing to make: pass --text, --image or --sound"),
        (["--text", " "], "The prompt is empty."),
        (["--text", "a car", "--preset", "ultra"], "Recipe 'xbind' has no preset 'ultra'."),
        (["--text", "a car", "--output", "car.obj"], "objects are written as GLB, so end it with .glb"),
        (["--text", "a car", "--output", "/no/such/folder/car.glb"], "there is no folder /no/such/folder"),
        (["--image", "/no/such.png"], "--image: /no/such.png cannot be read (No such file or directory)"),
        (["--text", "a car", "--text-weight", "0"], "every weight is 0, so nothing is left to make"),
        (["--text", "a car", "--text-weight", "-1"], "--text-weight is -1; weights are relative, 0 or more"),
        (["--text", "a car", "--text-weight", "nan"], "--text-weight is nan; weights are relative, 0 or more"),
        (["--text", "a car", "--text-weight", "1001"], "A prompt has weight 1001."),
        (["--text", "a car", "--image-weight", "0.5"], "--image-weight is given without --image"),
        (["--text", "a car", "--cut-out-to", "seen.png"], "--cut-out-to needs an --image with a weight above 0"),
        (["--text", "a car", "--height", "-3"], "--height is -3; it is in metres, and must be more than 0"),
        (["--text", "a car", "--output", "/proc/car.glb"], "--output: nothing can be written in /proc"),
        (["--text", "a car", "--overrides", "fail_at", "1"], "the fake job was asked to fail at step 1"),
    ],
)
def test_generate_says_what_is_wrong(any_to_3d: Command, arguments: list[str], sentence: str) -> None:
    done = any_to_3d("generate", "--profile", "fake", *arguments)
    assert done.status == 1
    assert sentence in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "command",
    [
        ["generate", "--text", "a red car"],
        ["bench"],
        ["serve", "--port", "0"],
        ["evaluate", "--suite", "builtin", "--studies", "presets", "--out", "never-made"],
    ],
)
def test_a_negative_number_of_threads_is_refused_before_anything_else(
    any_to_3d: Command, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = any_to_3d(*command, "--threads", "-2")
    assert (done.status, done.err) == (
        1,
        "any-to-3d: --threads is -2; allowed is 1 or more, or 0 for what suits the models\n",
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "place", "sentence"),
    [
        ("--data", "taken/data", "--data: nothing can be written in "),
        ("--port-file", "missing/port", "--port-file: there is no folder "),
    ],
)
def test_serve_names_a_place_that_it_cannot_write_to(
    any_to_3d: Command, option: str, place: str, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    done = any_to_3d("serve", "--profile", "fake", "--port", "0", option, str(tmp_path / place))
    assert done.status == 1
    assert sentence in done.err


def test_a_file_that_is_no_sound_is_named(any_to_3d: Command, tmp_path: Path) -> None:
    picture = tmp_path / "mug.jpg"
    picture.write_bytes(png(photo()))
    done = any_to_3d("generate", "--profile", "fake", "--sound", str(picture))
    assert done.status == 1
    assert done.err.startswith(f"any-to-3d: --sound {picture}: the sound prompt cannot be read (")
    assert "allowed are WAV, FLAC, OGG and MP3 files" in done.err
    assert "BytesIO" not in done.err


def test_a_silent_sound_and_a_file_that_is_no_picture_are_named(any_to_3d: Command, tmp_path: Path) -> None:
    silence, notes = tmp_path / "silence.wav", tmp_path / "notes.txt"
    soundfile.write(silence, np.zeros(16_000), 16_000)
    notes.write_text("a chair")
    for option, path, why in (("--sound", silence, "the sound is empty or silent"), ("--image", notes, "the image")):
        done = any_to_3d("generate", "--profile", "fake", option, str(path))
        assert done.status == 1
        assert done.err.startswith(f"any-to-3d: {option} {path}: {why}")


def test_a_job_that_fails_is_reported_like_every_other_mistake(any_to_3d: Command, tmp_path: Path) -> None:
    done = any_to_3d(
        *("generate", "--profile", "fake", "--text", "a car", "--output", str(tmp_path / "car.glb")),
        *("--overrides", "fail_at", "1"),
    )
    assert (done.status, done.err) == (1, "any-to-3d: the fake job was asked to fail at step 1\n")


def test_the_help_of_generate_names_every_recipe(any_to_3d: Command) -> None:
    helped = any_to_3d("generate", "--help").out
    assert [recipe.name for recipe in PROFILES["builtin"].recipes if recipe.name not in helped] == []


def test_the_version_is_told(any_to_3d: Command) -> None:
    assert any_to_3d("--version")[:2] == (0, f"any-to-3d {backend_version()}\n")


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs a folder in which nobody can write")
@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["evaluate", "--suite", "smoke", "--out", "/proc/x"], "--out"),
        (["props", "--class", "chair", "--out", "/proc/x"], "--out"),
        (["keys", "new", "--folder", "/proc/x"], "--folder"),
    ],
)
def test_a_folder_that_cannot_be_written_is_refused_by_its_option(
    any_to_3d: Command, command: list[str], option: str
) -> None:
    done = any_to_3d(*command)
    assert (done.status, done.err) == (
        1,
        f"any-to-3d: {option}: nothing can be written in /proc/x (No such file or directory); choose another folder\n",
    )


def test_generate_shows_what_is_seen_of_the_image_and_mixes_by_weight(any_to_3d: Command, tmp_path: Path) -> None:
    picture, seen = tmp_path / "photo.png", tmp_path / "seen.png"
    picture.write_bytes(png(photo()))
    done = any_to_3d(
        *("generate", "--profile", "fake", "--image", str(picture), "--output", str(tmp_path / "car.glb")),
        *("--cut-out-to", str(seen), "--overrides", "seconds", "0.2"),
    )
    assert done.status == 0, done.err
    assert "image cut out by: none" in done.err
    assert "The fake profile cuts nothing out." in done.err
    assert seen.read_bytes().startswith(b"\x89PNG")


def test_generate_puts_weights_and_negative_words_into_the_request(tmp_path: Path) -> None:
    picture = tmp_path / "photo.png"
    picture.write_bytes(png(photo()))
    request = Generate(text="red", text_weight=0.25, image=picture, image_weight=0.75, negative="blue").request()
    assert [(type(part.prompt), part.weight) for part in request.prompts] == [(TextPrompt, 0.25), (ImagePrompt, 0.75)]
    assert request.negative == "blue"
    only_image = Generate(text="red", text_weight=0.0, image=picture).request()
    assert [type(part.prompt) for part in only_image.prompts] == [ImagePrompt]


def test_the_cut_out_is_written_as_png_only(any_to_3d: Command, tmp_path: Path) -> None:
    picture = tmp_path / "photo.png"
    picture.write_bytes(png(photo()))
    done = any_to_3d("generate", "--profile", "fake", "--image", str(picture), "--cut-out-to", "seen.jpg")
    assert done.status == 1
    assert "it is written as PNG, so end it with .png" in done.err


def test_the_builtin_profile_refuses_unknown_words_before_it_loads_anything(any_to_3d: Command) -> None:
    done = any_to_3d("generate", "--text", "a red chiar")
    assert done.status == 1
    assert "do not know 'chiar'" in done.err
    assert "Did you mean 'chair'" in done.err


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_ctrl_c_ends_generate_cleanly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "any_to_3d.backend", "generate", "--profile", "fake", "--text", "a car"]
    command += ["--output", str(tmp_path / "x.glb"), "--overrides", "seconds", "30"]
    # A shell's background job ignores Ctrl-C, and so would its children.
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    )
    time.sleep(2.0)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=5)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "any-to-3d: interrupted"
    assert "Traceback" not in errors
    assert not (tmp_path / "x.glb").exists()


def test_bench_prints_json(any_to_3d: Command) -> None:
    report = json.loads(any_to_3d("bench", "--profile", "fake", "--overrides", "seconds", "0.2").out)
    assert [(phase["name"], phase["steps"]) for phase in report["phases"]] == [
        ("coarse", 40),
        ("geometry", 40),
        ("texture", 40),
    ]
    assert (report["preset"], report["profile"], report["threads"]) == ("draft", "fake", 0)
    assert {"machine", "torch", "commit", "weights"} <= set(report["source"])


def test_keys_are_written_for_the_owner_alone_and_never_replaced(any_to_3d: Command, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    assert any_to_3d("keys", "new", "--folder", str(folder)).status == 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == dict.fromkeys(("server.key", "server.pub", "server.clients", "client.key"), 0o600)
    again = any_to_3d("keys", "new", "--folder", str(folder))
    assert again.status == 1
    assert "exists already" in again.err


def test_doctor_of_the_fake_profile_finds_no_problem(any_to_3d: Command, tmp_path: Path) -> None:
    done = any_to_3d("doctor", "--profile", "fake", "--data", str(tmp_path))
    assert done.status == 0, done.out
    assert "ok      python: 3." in done.out


def test_doctor_fails_with_a_remedy_for_missing_weights(any_to_3d: Command, tmp_path: Path) -> None:
    done = any_to_3d("doctor", "--profile", "full", "--models-folder", str(tmp_path), "--data", str(tmp_path))
    assert done.status == 1
    assert f"problem weights clip: {tmp_path / 'clip'} is missing" in done.out
    assert "-> " in done.out


def test_serving_the_full_profile_without_a_folder_of_networks_is_refused(
    any_to_3d: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANY_TO_3D_MODELS", str(tmp_path / "none"))
    done = any_to_3d("serve", "--profile", "full", "--port", "0")
    message = (
        f"reads its networks from {tmp_path / 'none'}, and there is no such folder; fetch them with 'any-to-3d models"
    )
    assert (done.status, message in done.err) == (1, True)


@pytest.mark.parametrize("chosen", ["", "ACTIVE"])
def test_waiting_threads_sleep_unless_the_user_says_otherwise(
    any_to_3d: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", chosen)
    if not chosen:
        monkeypatch.delenv("OMP_WAIT_POLICY")
    any_to_3d("doctor", "--profile", "fake", "--data", str(tmp_path))
    assert os.environ["OMP_WAIT_POLICY"] == (chosen or "PASSIVE")


FAKE = ("--profile", "fake", "--overrides", "seconds", "0", "steps", "2", "prepare_seconds", "0", "export_seconds", "0")


def blocks(folder: Path) -> Path:
    """A rough shape of 4 by 2 by 6 that stands 10 to the right, as glTF has it: Y up."""
    shape = trimesh.creation.box((4, 6, 2))
    shape.apply_translation((10, 3, 0))
    shape.export(folder / "blocks.glb")
    return folder / "blocks.glb"


def test_a_rough_shape_is_refined_at_its_own_size_and_place(any_to_3d: Command, tmp_path: Path) -> None:
    output = tmp_path / "refined.glb"
    done = any_to_3d("refine", str(blocks(tmp_path)), "--text", "a red chair", "--out", str(output), *FAKE)
    assert done.status == 0, done.err
    bounds = trimesh.load_mesh(output).bounds
    np.testing.assert_allclose(bounds, [[8, 0, -1], [12, 6, 1]], atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("refine", "--text", "a chair"), "which shape? name a file"),
        (("refine", "blocks.glb", "--text", "a chair", "--keep", "2"), "--keep is 2; choose from 0"),
        (("refine", "nowhere.glb", "--text", "a chair"), "there is no file nowhere.glb"),
        (("generate", "--text", "a chair", "--seen-from", "10", "90"), "--seen-from is given without --image"),
        (("generate", "--text", "a chair", "--until", "paint"), "has no phase 'paint'"),
        (("continue", "--text", "a chair"), "which job? name one"),
    ],
)
def test_what_cannot_be_begun_is_said(
    any_to_3d: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = any_to_3d(*arguments, *FAKE)
    assert done.status == 1
    assert message in done.err
