"""Pictures made here, as icons for panels. They live in memory only: the .blend holds none."""

from __future__ import annotations

from collections.abc import Collection

import bpy.utils.previews
import numpy as np


class PictureIcons:
    """A shelf of icons by name; Blender's own is made when the first is shown."""

    def __init__(self) -> None:
        self._previews: bpy.utils.previews.ImagePreviewCollection | None = None

    def __contains__(self, name: str) -> bool:
        return self._previews is not None and name in self._previews

    def show(self, name: str, picture: np.ndarray) -> None:
        """Keep a picture u8[H, W, 4], first row at the top, in place of an earlier one of this name."""
        if self._previews is None:
            self._previews = bpy.utils.previews.new()
        self._previews.pop(name, None)
        preview = self._previews.new(name)
        preview.image_size = picture.shape[1::-1]  # type: ignore[assignment]
        # Blender keeps pictures from their bottom row up.
        pixels = picture[::-1].astype(np.float32) / 255
        preview.image_pixels_float.foreach_set(pixels.ravel())  # type: ignore[arg-type]

    def icon_of(self, name: str) -> int:
        """The number to draw it by; 0 if there is none, and always in a Blender without a window."""
        return self._previews[name].icon_id if self._previews is not None and name in self._previews else 0

    def forget_all_but(self, names: Collection[str]) -> None:
        """Free every other picture."""
        for name in [each for each in self._previews or () if each not in names]:
            del self._previews[name]

    def count(self) -> int:
        """How many pictures are held."""
        return len(self._previews or ())

    def free(self) -> None:
        """Give everything back to Blender, which otherwise complains when it quits."""
        if self._previews is not None:
            bpy.utils.previews.remove(self._previews)
            self._previews = None
