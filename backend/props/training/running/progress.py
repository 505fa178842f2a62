"""Progress bars of trainings: drawn here, or sent to the process that started this one, which draws those of all."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TypeAlias, TypeVar

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Item = TypeVar("Item")

BAR_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    TaskProgressColumn(),
    TimeElapsedColumn(),
    TimeRemainingColumn(),
    TextColumn("{task.fields[note]}"),
)

_SENT_EVERY_SECONDS = 0.5


@dataclass(frozen=True)
class Advance:
    """How far something is, in [0, 1].

    kept: how far what lies on the disk is, for others to start from; 0 where that has no meaning.
    """

    title: str
    share: float
    note: str = ""
    kept: float = 0.0


Report: TypeAlias = Callable[[float, str, float], None]
"""Takes share, note and kept of an Advance."""

_listener: Connection | None = None


def send_progress_to(listener: Connection) -> None:
    """From now on this process sends each Advance there instead of drawing a bar."""
    global _listener
    _listener = listener


@contextmanager
def progress(title: str) -> Iterator[Report]:
    """One bar. Its reports raise SystemExit where the process that listens is gone: nobody would note the end."""
    if _listener is None:
        with Progress(*BAR_COLUMNS) as bars:
            task = bars.add_task(title, total=1.0, note="")
            yield lambda share, note, kept: bars.update(task, completed=share, note=note)
    else:
        yield _Sender(title, _listener)


def tracked(items: Iterable[Item], title: str, count: int) -> Iterator[Item]:
    """The items, with a bar that is full after `count` of them."""
    with progress(title) as report:
        for number, item in enumerate(items):
            yield item
            report((number + 1) / count, f"{number + 1} of {count}", 0.0)


class _Sender:
    """Sends what is new, but not more often than anyone could read."""

    def __init__(self, title: str, listener: Connection) -> None:
        self._title, self._listener, self._sent, self._kept = title, listener, float("-inf"), 0.0

    def __call__(self, share: float, note: str, kept: float) -> None:
        now = time.monotonic()
        if now - self._sent < _SENT_EVERY_SECONDS and kept == self._kept:
            return
        self._sent, self._kept = now, kept
        try:
            self._listener.send(Advance(self._title, share, note, kept))
        except BrokenPipeError as gone:
            raise SystemExit("the process that started this one is gone") from gone
