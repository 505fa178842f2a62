"""One job without Blender and without a server, through the worker's own ``run_job``, with a bar on the terminal."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...shared.messages import (
    AudioPrompt,
    Cancelled,
    CutOut,
    Failed,
    Finished,
    Preparing,
    Problem,
    Progress,
    Submit,
)
from .prompt_options import PromptOptions

if TYPE_CHECKING:
    from rich.console import Console

    from ..worker import Wish
    from ..worker_messages import Run


def new_console() -> "Console":
    """Of the standard error stream, where everything but a command's own result goes."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Place:
    """Where a job keeps its checkpoints, and its name.  parent: the folder of the job that it goes on from, or None."""

    folder: Path
    job_id: str = "command-line"
    parent: Path | None = None


@contextmanager
def _forgotten() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="any-to-3d-") as folder:
        yield Place(Path(folder))


def run_locally(
    submit: Submit, options: PromptOptions, console: "Console", place: Place | None = None
) -> Finished | None:
    """Run a request to its end; None for a job that failed, whose reason has been shown.

    place: of a job that is to be kept; without one nothing of it stays.
    Raises ValueError for a request that is refused and KeyboardInterrupt for one that was interrupted.
    """
    if place is None:
        with _forgotten() as somewhere:
            return run_locally(submit, options, console, somewhere)
    from ..interrupt import remembered_interrupt
    from ..worker_messages import Run

    notice = require_accepted(submit, options)
    if notice:
        console.print(notice, style="yellow", markup=False)
    with remembered_interrupt() as was_interrupted:
        parent = "" if place.parent is None else str(place.parent)
        job = Run(place.job_id, submit, str(place.folder), source_folder=parent)
        outcome = _watched(job, options, _Unwatched(was_interrupted), console)
        if isinstance(outcome, Cancelled) or was_interrupted():
            raise KeyboardInterrupt
    if isinstance(outcome, Failed):
        console.print(f"any-to-3d: {_sentences(outcome.problem)}", style="red", markup=False)
        return None
    return outcome


def require_accepted(submit: Submit, options: PromptOptions) -> str:
    """What the artist is to know of a request that can be run, or nothing. Raises ValueError if it is refused."""
    from ..serving import build_check

    verdict = build_check(options.profile, options.models_folder)(submit)
    if verdict.problem is not None:
        raise ValueError(_sentences(verdict.problem))
    return verdict.notice


class _Unwatched:
    """A Control for a job that nobody takes snapshots of, and that Ctrl-C cancels."""

    def __init__(self, is_cancelled: Callable[[], bool]) -> None:
        self._is_cancelled = is_cancelled

    def wish(self) -> "Wish":
        return "cancel" if self._is_cancelled() else "go on"

    def wanted_faces(self) -> int | None:
        return None

    def wanted_texture(self) -> int:
        return 0


def _watched(
    job: "Run", options: PromptOptions, control: _Unwatched, console: "Console"
) -> Finished | Cancelled | Failed:
    from rich import progress

    from ..worker import run_job
    from ..worker_process import build_engine

    folder = "" if options.models_folder is None else str(options.models_folder)
    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TextColumn("{task.percentage:>3.0f} %"),
        progress.TimeElapsedColumn(),
    )
    told = ""
    # Where lines cannot be taken back, the bar would leave an empty one.
    hidden = not console.is_interactive
    with progress.Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task("starting", total=1.0)
        engine = build_engine(options.profile, options.device, folder, options.threads)
        for event in run_job(job, engine, control):
            match event:
                case Preparing(_, what, _):
                    bar.update(task, description=what)
                case CutOut():
                    _show_cut_out(event, job.submit, options, console)
                case Progress():
                    if event.notice not in ("", told):
                        told = event.notice
                        console.print(told, style="yellow", markup=False)
                    bar.update(task, description=_describe(event), completed=event.overall)
                case Finished() | Cancelled() | Failed():
                    return event
    raise AssertionError("run_job ends with a terminal event")


def _show_cut_out(cut_out: CutOut, submit: Submit, options: PromptOptions, console: "Console") -> None:
    if isinstance(submit.prompts[cut_out.part].prompt, AudioPrompt):
        console.print(cut_out.notice, markup=False)
        return
    console.print(f"image cut out by: {cut_out.method}", markup=False)
    if cut_out.notice:
        console.print(cut_out.notice, style="yellow", markup=False)
    if options.cut_out_to is not None:
        options.cut_out_to.write_bytes(cut_out.picture)


def _sentences(problem: Problem) -> str:
    if not problem.hint:
        return problem.message
    return f"{problem.message.removesuffix('.')}. {problem.hint}"


def _describe(progress: Progress) -> str:
    left = "" if progress.seconds_left is None else f", {progress.seconds_left:.0f} s left"
    return f"{progress.phase} {progress.step}/{progress.steps}{left}"
