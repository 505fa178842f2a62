"""A list of jobs that fits into one message, however many there are and however long their prompts. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from ..shared.messages import JobInfo, Jobs
from ..shared.wire import MAX_HEADER_BYTES
from ..shared.wire_values import MAX_ITEMS
from .queue_messages import Job

BYTES_BESIDES = 200
"""Of one line, without its title."""


def list_of(jobs: Sequence[Job]) -> Jobs:
    """The newest that a message can hold, oldest first; of very many, the titles are cut."""
    infos = [job.info() for job in jobs[-MAX_ITEMS:]]
    room = int(0.9 * MAX_HEADER_BYTES) // max(len(infos), 1) - BYTES_BESIDES
    return Jobs(tuple(_shortened(info, room) for info in infos))


def _shortened(info: JobInfo, room: int) -> JobInfo:
    encoded = info.title.encode("utf-8", "replace")
    # What is cut off may end within a character.
    return info if len(encoded) <= room else replace(info, title=encoded[:room].decode("utf-8", "ignore"))
