"""The command any-to-3d, as a person runs it, with the fake profile."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import trimesh
from any_to_3d.backend.command_doctor import Doctor


def any_to_3d(*arguments: str, **options: object) -> subprocess.CompletedProcess:
    environment = {**os.environ, "COLUMNS": "160", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "any_to_3d.backend", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, **options)


def test_help_names_every_command_and_is_quick() -> None:
    before = time.monotonic()
    done = any_to_3d("--help")
    assert time.monotonic() - before < 3
    assert done.returncode == 0
    for command in ("demo", "generate", "serve", "doctor", "evaluate", "bench", "keys"):
        assert command in done.stdout


def test_importing_the_command_line_loads_neither_torch_nor_a_socket() -> None:
    script = "import sys, any_to_3d.backend.__main__; print([n for n in ('torch', 'zmq', 'numba') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_modules_of_the_server_process_load_no_torch() -> None:
    script = "import sys, any_to_3d.backend.serving; print([n for n in ('torch', 'transformers') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_generate_writes_a_glb_of_the_asked_height(tmp_path: Path) -> None:
    out = tmp_path / "car.glb"
    done = any_to_3d(
        *("generate", "--profile", "fake", "--text", "a red car", "--output", str(out), "--height", "2"),
        *("--overrides", "seconds", "0.2"),
    )
    assert done.returncode == 0, done.stderr
    assert f"{out}: 3072 faces" in done.stderr
    assert trimesh.load(out, force="mesh").extents[1] == pytest.approx(2.0, abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "nothing to make: pass --text, --image or --sound"),
        (["--text", " "], "The prompt is empty."),
        (["--text", "a car", "--preset", "ultra"], "Recipe 'xbind' has no preset 'ultra'."),
        (["--text", "a car", "--output", "car.obj"], "objects are written as GLB, so end it with .glb"),
        (["--text", "a car", "--output", "/no/such/folder/car.glb"], "there is no folder /no/such/folder"),
        (["--image", "/no/such.png"], "No such file or directory: '/no/such.png'"),
        (["--text", "a car", "--overrides", "fail_at", "1"], "the fake job was asked to fail at step 1"),
    ],
)
def test_generate_says_in_one_line_what_is_wrong(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    done = any_to_3d("generate", "--profile", "fake", *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_the_builtin_profile_refuses_unknown_words_before_it_loads_anything(tmp_path: Path) -> None:
    done = any_to_3d("generate", "--text", "a red chiar", "--output", str(tmp_path / "x.glb"))
    assert done.returncode == 1
    assert "do not know 'chiar'" in done.stderr
    assert "Did you mean 'chair'" in done.stderr


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


def test_bench_prints_json() -> None:
    done = any_to_3d("bench", "--profile", "fake", "--overrides", "seconds", "0.2")
    report = json.loads(done.stdout)
    assert [(phase["name"], phase["steps"]) for phase in report["phases"]] == [
        ("coarse", 40),
        ("geometry", 40),
        ("texture", 40),
    ]


def test_keys_are_written_for_the_owner_alone_and_never_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    assert any_to_3d("keys", "--folder", str(folder)).returncode == 0
    assert [path.stat().st_mode & 0o777 for path in sorted(folder.iterdir())] == [0o600, 0o600]
    again = any_to_3d("keys", "--folder", str(folder))
    assert again.returncode == 1
    assert "File exists" in again.stderr


def test_doctor_of_the_fake_profile_finds_no_problem(tmp_path: Path) -> None:
    done = any_to_3d("doctor", "--profile", "fake", "--data", str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert "ok      python: 3." in done.stdout


def test_doctor_fails_with_a_remedy_for_missing_weights(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert Doctor(profile="full", device="cpu", models_folder=tmp_path, data=tmp_path).run() == 1
    shown = capsys.readouterr().out
    assert f"problem weights clip: {tmp_path / 'clip'} is missing" in shown
    assert "-> " in shown
