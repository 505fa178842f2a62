"""Ctrl-C that cannot get lost."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def remembered_interrupt() -> Iterator[Callable[[], bool]]:
    """Within it Ctrl-C raises KeyboardInterrupt as ever, and the yielded function tells that it was pressed.

    Some libraries catch every exception around their optional imports (trimesh does), and the interrupt with them.
    """
    pressed = False

    def remember(signal_number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)
