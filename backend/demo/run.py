"""``any-to-3d demo``: the whole path in a real, headless Blender, as an artist would walk it.

The add-on's zip is built and installed in a Blender with a user folder of its own, its buttons are pressed, and what it
made is saved as demo.blend and demo.glb and rendered to demo.png. Blender runs in a child process (in_blender.py).
"""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from ..extension.build_zip import BuildError, build, current_platform
from .contact_sheet import write_sheet
from .options import DemoOptions

_MARK = "@any-to-3d "
_SCRIPT = Path(__file__).with_name("in_blender.py")


class DemoFailed(RuntimeError):
    """The demo could not be done; the message says why and what to do."""


@dataclass(frozen=True)
class DemoReport:
    """What was measured: seconds from Generate to the first mesh and to the finished object; snapshots applied."""

    first_mesh: float
    total: float
    snapshots: int
    notice: str
    files: tuple[Path, ...]


@dataclass(frozen=True)
class _Order:
    """What in_blender.py is told, as JSON."""

    text: str
    seed: int
    preset: str
    addon: str
    program: str
    arguments: str
    out: str
    tiles: str


class ProgressLine:
    """The terminal's progress bar: what happens now, and the overall fraction of the job."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID = progress.add_task("", total=1.0)

    def stage(self, text: str) -> None:
        self._progress.update(self._task, description=text)

    def job(self, phase: str, overall: float, seconds_left: float | None, snapshots: int) -> None:
        left = "" if seconds_left is None else f", {seconds_left:.0f} s left"
        self._progress.update(self._task, description=f"{phase} ({snapshots} meshes{left})", completed=overall)


def main(options: DemoOptions) -> int:
    """Run the demo with a progress bar in the terminal; the exit status, 0 for success."""
    console = Console()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    try:
        with Progress(*columns, console=console) as progress:
            report = run(options, ProgressLine(progress))
    except (DemoFailed, BuildError) as error:
        console.print(f"The demo failed: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    if report.notice:
        console.print(report.notice, markup=False)
    console.print(f"First mesh {report.first_mesh:.1f} s after Generate, finished object after {report.total:.1f} s.")
    console.print(f"{report.snapshots} snapshots were applied to the live object.")
    for path in report.files:
        console.print(f"  {path}", markup=False, highlight=False, soft_wrap=True)
    return 0


def run(options: DemoOptions, bar: ProgressLine) -> DemoReport:
    """Run the demo. Raises DemoFailed, or BuildError if the add-on's wheels cannot be had."""
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    blender = _find_blender(options.blender)
    with tempfile.TemporaryDirectory(prefix="any-to-3d-demo-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        bar.stage("Building the add-on")
        addon = build(current_platform(), [_python_of(blender)], folder)
        tiles = folder / "tiles"
        tiles.mkdir()
        order = _Order(
            text=options.text,
            seed=options.seed,
            preset=options.preset,
            addon=str(addon),
            program=str(_find_program(options.program)),
            # A data folder of its own: the demo neither sees nor leaves jobs in the artist's.
            arguments=shlex.join(["--profile", options.profile, "--data", str(folder / "jobs")]),
            out=str(out),
            tiles=str(tiles),
        )
        done = _run_in_blender(blender, order, folder, bar)
        bar.stage("Laying out the contact sheet")
        _write_contact_sheet(options.text, tiles, out / "demo.png")
    files = tuple(out / f"demo.{suffix}" for suffix in ("blend", "glb", "png"))
    return DemoReport(done["first_mesh"], done["total"], done["snapshots"], done["notice"], files)


def _run_in_blender(blender: Path, order: _Order, folder: Path, bar: ProgressLine) -> dict:
    order_path = folder / "order.json"
    order_path.write_text(json.dumps(asdict(order)), encoding="utf-8")
    user_folder = folder / "blender"
    user_folder.mkdir()
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(user_folder)}
    log_path = folder / "blender.log"
    process = subprocess.Popen(
        _command(blender, order_path), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        encoding="utf-8", errors="replace",
    )  # fmt: skip
    try:
        failure = ""
        for event in _events(process, log_path):
            if event["event"] == "stage":
                bar.stage(event["text"])
            elif event["event"] == "progress":
                bar.job(event["phase"], event["overall"], event["seconds_left"], event["snapshots"])
            elif event["event"] == "failed":
                failure = event["text"]
            elif event["event"] == "done":
                return event
        raise DemoFailed(failure or f"Blender ended early. Its last output:\n{_tail(log_path)}")
    finally:
        process.kill()
        process.wait()


def _events(process: subprocess.Popen[str], log_path: Path) -> Iterator[dict]:
    """The child's marked lines as they come; everything else goes to the log."""
    assert process.stdout is not None
    with log_path.open("w", encoding="utf-8") as log:
        for line in process.stdout:
            if line.startswith(_MARK):
                yield json.loads(line.removeprefix(_MARK))
            else:
                log.write(line)
                log.flush()


def _tail(log_path: Path) -> str:
    return "\n".join(log_path.read_text(encoding="utf-8").splitlines()[-15:])


def _write_contact_sheet(text: str, tiles: Path, target: Path) -> None:
    streamed = sorted(tiles.glob("streamed_*.png"))
    views = sorted(tiles.glob("view_*.png"))
    write_sheet([(f"{text}: meshes as they arrived", streamed), ("finished, from 8 sides", views)], target)


def _find_blender(named: Path | None) -> Path:
    if named is not None:
        if not named.is_file():
            raise DemoFailed(f"There is no program {named}. Name a Blender, or a Python that has bpy, with --blender.")
        return named
    if importlib.util.find_spec("bpy") is not None:
        return Path(sys.executable)
    on_path = shutil.which("blender")
    if on_path is None:
        raise DemoFailed(
            "No Blender here. In the folder of any-to-3d's source, run: pip install -e '.[blender]' (README, 'Try it'),"
            " or name a Blender with --blender."
        )
    return Path(on_path)


def _is_python(program: Path) -> bool:
    return program.name.lower().startswith("python")


def _command(blender: Path, order_path: Path) -> list[str]:
    if _is_python(blender):
        return [str(blender), str(_SCRIPT), str(order_path)]
    return [str(blender), "--background", "--factory-startup", "--python", str(_SCRIPT), "--", str(order_path)]


def _python_of(blender: Path) -> str:
    """The version of the Python inside, as pinned_wheels.PYTHONS names it."""
    code = f"import sys; print('{_MARK}%d.%d' % sys.version_info[:2])"
    options = ["-c", code] if _is_python(blender) else ["--background", "--factory-startup", "--python-expr", code]
    done = subprocess.run([str(blender), *options], capture_output=True, text=True, check=False)
    marked = [line for line in done.stdout.splitlines() if line.startswith(_MARK)]
    if not marked:
        raise DemoFailed(f"{blender} does not run Python:\n{done.stderr.strip()[-500:]}")
    return marked[0].removeprefix(_MARK)


def _find_program(named: Path | None) -> Path:
    if named is not None:
        return named.resolve()
    beside = Path(sys.executable).parent / ("any-to-3d.exe" if os.name == "nt" else "any-to-3d")
    found = str(beside) if beside.is_file() else shutil.which("any-to-3d")
    if found is None:
        raise DemoFailed(
            "The command any-to-3d is not installed in this environment. In the folder of its source, run:"
            " pip install -e . (README, 'Try it')."
        )
    return Path(found)
