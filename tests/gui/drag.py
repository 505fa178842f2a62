"""Drags files from another program's window onto a Blender: the source's side of the XDND protocol, version 5.

xdotool has a pointer but no files in its hand. What Blender sees here is what it sees of a file manager: messages to
its window, and the file's address when it asks for the selection.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from screen import Screen

_VERSION = 5
_PATIENCE = 60.0


def drop_file(screen: Screen, path: Path, x: float, y: float) -> None:
    """Drag the file over this place of the screen and let go there; y counts from the top.

    Skips the test without python-xlib. Raises AssertionError when no window takes it.
    """
    pytest.importorskip("Xlib", reason="pip install python-xlib")
    screen.move(x, y)
    source = _Source(screen.display, path)
    try:
        source.enter()
        for step in range(12):  # as a hand does, not in one leap
            screen.move(x + step % 3, y)
            source.move(round(x) + step % 3, round(y))
        assert source.is_welcome, "Blender does not want it there"
        source.drop()
    finally:
        source.close()


class _Source:
    def __init__(self, display: str, path: Path) -> None:
        from Xlib import X
        from Xlib.display import Display

        self._display, self._x = Display(display), X
        self._uris = f"{path.as_uri()}\r\n".encode()
        root = self._display.screen().root
        self._target = _aware(root, self._atom("XdndAware"))
        assert self._target is not None, "no window takes files"
        self._window = root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
        self._window.set_selection_owner(self._atom("XdndSelection"), X.CurrentTime)
        self.is_welcome = False

    def enter(self) -> None:
        self._send("XdndEnter", _VERSION << 24, self._atom("text/uri-list"), 0, 0)

    def move(self, x: int, y: int) -> None:
        self._send("XdndPosition", 0, x << 16 | y, self._x.CurrentTime, self._atom("XdndActionCopy"))
        answer = self._await("XdndStatus")
        self.is_welcome = bool(answer.data[1][1] & 1)

    def drop(self) -> None:
        self._send("XdndDrop", 0, self._x.CurrentTime, 0, 0)
        self._await("XdndFinished")

    def close(self) -> None:
        self._display.close()

    def _atom(self, name: str) -> int:
        return self._display.intern_atom(name)

    def _send(self, name: str, *data: int) -> None:
        from Xlib.protocol import event

        message = event.ClientMessage(
            window=self._target, client_type=self._atom(name), data=(32, [self._window.id, *data])
        )
        self._target.send_event(message)
        self._display.flush()

    def _await(self, name: str):
        """The answer of this name; requests for the file's address are served meanwhile."""
        wanted, deadline = self._atom(name), time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if not self._display.pending_events():
                time.sleep(0.02)
                continue
            event = self._display.next_event()
            if event.type == self._x.SelectionRequest:
                self._serve(event)
            elif event.type == self._x.ClientMessage and event.client_type == wanted:
                return event
        raise AssertionError(f"Blender does not answer with {name}")

    def _serve(self, request) -> None:
        from Xlib.protocol import event

        request.requestor.change_property(request.property, request.target, 8, self._uris)
        answer = event.SelectionNotify(
            time=request.time,
            requestor=request.requestor,
            selection=request.selection,
            target=request.target,
            property=request.property,
        )
        request.requestor.send_event(answer)
        self._display.flush()


def _aware(window, atom: int):
    """The first window below this one that says that it takes files."""
    if window.get_full_property(atom, 0) is not None:
        return window
    found = (_aware(each, atom) for each in window.query_tree().children)
    return next((each for each in found if each is not None), None)
