"""What the backend sees of pictures, as icons for the panel. They live in memory only: the .blend holds none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection

import bpy.utils.previews

from ..shared.messages import CutOut

_previews: bpy.utils.previews.ImagePreviewCollection | None = None


def keep(cut_out: CutOut) -> None:
    """Load its picture, in place of an earlier one of the same part."""
    global _previews
    if _previews is None:
        _previews = bpy.utils.previews.new()
    name = _name(cut_out.job_id, cut_out.part)
    _previews.pop(name, None)
    # Blender loads encoded pictures from files only.
    handle, path = tempfile.mkstemp(suffix=".png", prefix="any-to-3d-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(cut_out.picture)
        # Without a look at its size it would be loaded when it is first drawn, and the file is gone by then.
        _previews.load(name, path, "IMAGE").image_size[:]  # type: ignore[index]
    finally:
        os.remove(path)


def icon_of(job_id: str, part: int) -> int:
    """The number to draw it by; 0 if there is none, and always in a Blender without a window."""
    preview = _previews.get(_name(job_id, part)) if _previews is not None else None
    return preview.icon_id if preview is not None else 0


def forget_all_but(job_ids: Collection[str]) -> None:
    """Free the pictures of every other job."""
    for name in list(_previews or ()):
        if name.rpartition("/")[0] not in job_ids:
            del _previews[name]


def count() -> int:
    """How many pictures are held."""
    return len(_previews or ())


def free() -> None:
    """Give everything back to Blender, which otherwise complains when it quits."""
    global _previews
    if _previews is not None:
        bpy.utils.previews.remove(_previews)
        _previews = None


def _name(job_id: str, part: int) -> str:
    return f"{job_id}/{part}"
