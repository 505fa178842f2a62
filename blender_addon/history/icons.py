"""The history's pictures as icons for the panel, made when they are first drawn."""

from __future__ import annotations

from ..picture_icons import PictureIcons
from . import picture as history_picture

_icons = PictureIcons()


def icon_of(request_id: str, packed: str) -> int:
    """The number to draw a packed picture by; 0 if there is none, and always in a Blender without a window."""
    if packed and request_id not in _icons:
        picture = history_picture.unpacked(packed)
        if picture is not None:
            _icons.show(request_id, picture)
    return _icons.icon_of(request_id)


def free() -> None:
    """Forget them all."""
    _icons.free()
