"""Texts about a worker's errors as clients are told them: without where on the server's disk things lie. No IO.

A file's own name stays, for it says what is damaged or missing; the log has the whole of it.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from ...shared.messages import CutOut, Failed, Preparing, Progress
from ..worker_messages import WorkerEvent

# Not in the middle of a word or of an address such as https://host/page.
_POSIX = re.compile(r"(?<![\w/.:~-])(?:/[\w.@+~%=-]+)*/([\w.@+~%=-]+)/?")
_WINDOWS = re.compile(r"(?<!\w)[A-Za-z]:[\\/]+(?:[^\\/\s'\":;,]+[\\/]+)*([^\\/\s'\":;,]+)")


def without_folders(text: str, known: Iterable[str] = ()) -> str:
    """The text with ".../" for where every absolute path leads through.

    known: folders that it may name; only for them is it certain, for a path may hold spaces like any sentence.

    >>> without_folders("no readable checkpoint at /srv/my data/jobs/j1/coarse.safetensors", ["/srv/my data"])
    'no readable checkpoint at .../jobs/j1/coarse.safetensors'
    >>> without_folders("see https://example.org/help, and /opt/x/lib.so")
    'see https://example.org/help, and .../lib.so'
    """
    # The longest first: one may lie in another.
    for folder in sorted((each.rstrip("/\\") for each in known), key=len, reverse=True):
        if len(folder) > 1:
            for separator in ("/", "\\"):
                text = text.replace(folder + separator, ".../")
            text = text.replace(folder, ".../" + re.split(r"[/\\]", folder)[-1])
    return _WINDOWS.sub(r".../\1", _POSIX.sub(r".../\1", text))


def told(event: WorkerEvent, known: Iterable[str] = ()) -> WorkerEvent:
    """The event as it may leave for a client."""
    known = tuple(known)
    match event:
        case Failed(_, problem):
            message, hint = (without_folders(text, known) for text in (problem.message, problem.hint))
            return replace(event, problem=replace(problem, message=message, hint=hint))
        case Preparing():
            return replace(event, what=without_folders(event.what, known))
        case Progress() | CutOut():
            return replace(event, notice=without_folders(event.notice, known))
        case _:
            return event
