"""When the link takes its steps: a persistent timer with a time budget, a watchdog, and handlers for undo and load.

Timers do not run in a Blender without a window; scripts there use ``bpy.ops.any_to_3d.wait`` or call ``link().step()``.
"""

from __future__ import annotations

import atexit
import logging
from time import perf_counter

import bpy
from bpy.app.handlers import persistent

from ..shared.known_backends import BackendKeyChanged
from . import preferences
from .errors import trouble, trouble_of_error
from .link import Link
from .objects import frame_preview

_log = logging.getLogger(__name__)

_SHORTEST_PAUSE = 0.03
_LONGEST_PAUSE = 1.0
_QUIET_PAUSE = 0.25
_BUDGET = 0.1
"""Largest share of Blender's main thread that the add-on takes: after a costly tick it rests nine times as long."""

_WATCHDOG_PAUSE = 5.0

_link: Link | None = None


def link() -> Link:
    """The add-on's one link. Raises RuntimeError while the add-on is disabled."""
    if _link is None:
        raise RuntimeError("the add-on Any to 3D is not enabled")
    return _link


def wake() -> None:
    """Let the timer tick soon; called after everything that gives the link something to do."""
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=0.0, persistent=True)
    if not bpy.app.timers.is_registered(_watch):
        bpy.app.timers.register(_watch, first_interval=_WATCHDOG_PAUSE, persistent=True)
    redraw()


def step() -> None:
    """One step of the link; an error becomes a message in the panel, for a timer that raises is dropped by Blender."""
    try:
        if link().step():
            redraw()
    except Exception as error:  # the add-on's one border: whatever happens, the timer and the panel go on
        _log.exception("tick failed")
        message = f"Any to 3D met an error of its own: {type(error).__name__}: {error}"
        link().complain(trouble("addon_error", message))


def redraw() -> None:
    """Ask the 3D views of every window to draw again, with their sidebars, and the preferences."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in ("VIEW_3D", "PREFERENCES"):
                area.tag_redraw()


def pause_after(cost: float, is_active: bool) -> float:
    """Seconds until the next tick after one that took ``cost`` seconds: within the budget, quick only during a job."""
    pause = max(_SHORTEST_PAUSE if is_active else _QUIET_PAUSE, cost * (1 - _BUDGET) / _BUDGET)
    return min(pause, _LONGEST_PAUSE)


def _tick() -> float | None:
    begun = perf_counter()
    step()
    if link().is_idle:
        return None
    return pause_after(perf_counter() - begun, link().session.is_lively)


def _watch() -> float | None:
    """Blender drops timers on some errors, without a word; this one looks after the other."""
    if _link is None or _link.is_idle:
        return None
    if not bpy.app.timers.is_registered(_tick):
        _log.warning("the timer was lost; starting it again")
        wake()
    return _WATCHDOG_PAUSE


def _connect_unasked(current: Link) -> None:
    try:
        permitted = preferences.permitted_connection()
    except BackendKeyChanged as error:
        current.complain(trouble_of_error(error, "key_changed"))
        return
    if permitted is not None:
        current.connect(*permitted)


@persistent
def _on_load(*_: object) -> None:
    current = link()
    frame_preview.end_all()
    current.file_loaded()
    if current.session.active_jobs and current.session.connection == "offline":
        _connect_unasked(current)
    if not current.is_idle:
        wake()


@persistent
def _on_save(*_: object) -> None:
    frame_preview.end_all()


@persistent
def _on_saved(*_: object) -> None:
    link().file_saved()
    wake()


@persistent
def _on_undo(*_: object) -> None:
    link().undone()
    wake()


def _handlers() -> tuple[tuple[list, object], ...]:
    handlers = bpy.app.handlers
    return (
        (handlers.load_post, _on_load),
        (handlers.save_pre, _on_save),
        (handlers.save_post, _on_saved),
        (handlers.undo_post, _on_undo),
        (handlers.redo_post, _on_undo),
    )


def register() -> None:
    """Make the link and listen to Blender; nothing is connected yet."""
    global _link
    _link = Link()
    for handlers, handler in _handlers():
        handlers.append(handler)
    atexit.register(unregister)


def unregister() -> None:
    """Take everything back, and end the backend that was to end with Blender."""
    global _link
    if _link is None:
        return
    atexit.unregister(unregister)
    for timer in (_tick, _watch):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)
    for handlers, handler in _handlers():
        if handler in handlers:  # other add-ons have been seen to clear these lists
            handlers.remove(handler)
    closing, _link = _link, None
    closing.close()
