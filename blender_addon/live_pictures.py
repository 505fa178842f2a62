"""What running jobs look like now, as icons for the panel; drawn only while the panel is on show."""

from __future__ import annotations

from collections.abc import Collection
from time import monotonic

import numpy as np

from ..shared.mesh import MeshSnapshot
from .objects import thumbnail
from .picture_icons import PictureIcons

SIZE = 64
_REST = 1.0
"""Seconds between two pictures of a job: a picture costs about ten milliseconds of Blender's main thread."""

_icons = PictureIcons()
_drawn: dict[str, tuple[int, float]] = {}
"""The sequence of each job's frame that was drawn last, and when."""


def icon_of(frame: MeshSnapshot) -> int:
    """The number to draw the job of this frame by; of an earlier frame, if one was drawn just now."""
    sequence, when = _drawn.get(frame.job_id, (-1, float("-inf")))
    if sequence != frame.sequence and monotonic() - when > _REST:
        picture = thumbnail.draw_painted(frame.vertices, frame.faces, frame.colors, SIZE)
        _icons.show(frame.job_id, (picture * 255).astype(np.uint8))
        _drawn[frame.job_id] = frame.sequence, monotonic()
    return _icons.icon_of(frame.job_id)


def forget_all_but(job_ids: Collection[str]) -> None:
    """Free the pictures of every other job."""
    _icons.forget_all_but(job_ids)
    for job_id in [each for each in _drawn if each not in job_ids]:
        del _drawn[job_id]


def count() -> int:
    """How many pictures are held."""
    return _icons.count()


def free() -> None:
    """Forget them all."""
    _icons.free()
    _drawn.clear()
