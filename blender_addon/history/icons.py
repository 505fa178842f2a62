"""The history's pictures as icons for the panel, made when they are first drawn."""

from __future__ import annotations

import bpy.utils.previews
import numpy as np

from . import picture as history_picture

_previews: bpy.utils.previews.ImagePreviewCollection | None = None


def icon_of(request_id: str, packed: str) -> int:
    """The number to draw a packed picture by; 0 if there is none, and always in a Blender without a window."""
    global _previews
    if not packed:
        return 0
    if _previews is None:
        _previews = bpy.utils.previews.new()
    if request_id not in _previews:
        picture = history_picture.unpacked(packed)
        if picture is None:
            return 0
        preview = _previews.new(request_id)
        preview.image_size = picture.shape[:2]  # type: ignore[assignment]
        # Blender keeps pictures from their bottom row up.
        pixels = picture[::-1].astype(np.float32) / 255
        preview.image_pixels_float.foreach_set(pixels.ravel())  # type: ignore[arg-type]
    return _previews[request_id].icon_id


def free() -> None:
    """Give everything back to Blender, which otherwise complains when it quits."""
    global _previews
    if _previews is not None:
        bpy.utils.previews.remove(_previews)
        _previews = None
