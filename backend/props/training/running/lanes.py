"""Stages of a training side by side, each in a process of its own, with the bars of all in one place.

On a CPU, two processes of one thread each train twice as much as one; a second thread for one adds almost nothing.
"""

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType, TracebackType

from rich.progress import Progress, TaskID

from ....parent_watch import end_with_parent
from .progress import BAR_COLUMNS, Advance, send_progress_to
from .stages import Stage

_LOOK_EVERY_SECONDS = 1.0
_STOPPED_WITHIN_SECONDS = 60.0


class StageFailed(RuntimeError):
    """A stage ended without being done."""


@dataclass(frozen=True)
class Failure:
    """What a stage said when it failed."""

    text: str


@dataclass
class _Lane:
    """A stage at work. last: what it reported last.   failure: what it said when it failed."""

    process: SpawnProcess
    listener: Connection
    log: Path
    bar: TaskID
    last: Advance | None = None
    failure: str = ""


class Lanes:
    """A Crew of processes; use it in a `with` statement, which draws the bars and lets no process outlive it.

    What a stage prints goes to `logs`/<stage>.log.
    """

    def __init__(self, count: int, logs: Path) -> None:
        self.lanes = count
        self._logs, self._working = logs, dict[str, _Lane]()
        self._bars = Progress(*BAR_COLUMNS)

    def __enter__(self) -> "Lanes":
        self._logs.mkdir(parents=True, exist_ok=True)
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()
        self._bars.stop()

    def start(self, stage: Stage, minutes: float) -> None:
        """Begin with a stage; its work must be something that pickle can send."""
        context = multiprocessing.get_context("spawn")
        listener, speaker = context.Pipe(duplex=False)
        log = self._logs / f"{stage.name}.log"
        process = context.Process(target=_work, args=(stage.work, minutes, speaker, log), name=stage.name)
        process.start()
        # The child has its own end; with this one open, its death would not be noticed.
        speaker.close()
        bar = self._bars.add_task(stage.name, total=None, note="")
        self._working[stage.name] = _Lane(process, listener, log, bar)

    def wait(self) -> tuple[str, ...]:
        """The stages that have ended within the next second. Raises StageFailed for one that was not done."""
        lanes = list(self._working.values())
        wait([lane.process.sentinel for lane in lanes], _LOOK_EVERY_SECONDS)
        ended = [name for name, lane in self._working.items() if lane.process.exitcode is not None]
        for name, lane in self._working.items():
            self._listen(name, lane)
        for name in ended:
            lane = self._working.pop(name)
            if lane.process.exitcode:
                text = lane.failure or f"it ended with exit code {lane.process.exitcode}"
                raise StageFailed(f"stage {name}: {text}; what it printed is in {lane.log}")
            self._bars.update(lane.bar, total=1.0, completed=1.0, note="done")
        return tuple(ended)

    def kept_share(self, name: str) -> float:
        last = self._working[name].last
        return 0.0 if last is None else last.kept

    def stop(self) -> None:
        """Ask all stages to end, as SIGTERM does, and wait until each has kept what it has."""
        for lane in self._working.values():
            lane.process.terminate()
        for lane in self._working.values():
            lane.process.join(_STOPPED_WITHIN_SECONDS)
            if lane.process.exitcode is None:
                lane.process.kill()
                lane.process.join()
        self._working.clear()

    def _listen(self, name: str, lane: _Lane) -> None:
        """Take in and draw what a stage has sent."""
        try:
            while lane.listener.poll():
                message = lane.listener.recv()
                if isinstance(message, Failure):
                    lane.failure = message.text
                else:
                    lane.last = message
        except EOFError:
            pass
        if lane.last is not None:
            title = name if lane.last.title == name else f"{name}: {lane.last.title}"
            self._bars.update(lane.bar, description=title, total=1.0, completed=lane.last.share, note=lane.last.note)


def _work(work: Callable[[float], None], minutes: float, speaker: Connection, log: Path) -> None:
    """What a stage's process does."""
    end_with_parent()
    # An interrupt from the keyboard reaches the whole group; the process that started this one decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    with log.open("a") as printed:
        os.dup2(printed.fileno(), sys.stdout.fileno())
        os.dup2(printed.fileno(), sys.stderr.fileno())
    send_progress_to(speaker)
    try:
        work(minutes)
    except Exception as error:
        traceback.print_exc()
        speaker.send(Failure(str(error) or type(error).__name__))
        sys.exit(1)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit("stopped; the same command goes on")
