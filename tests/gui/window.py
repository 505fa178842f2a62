"""A real Blender in a real window, driven by pointer and keyboard, and asked about itself through probe.py."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
from pathlib import Path

import numpy as np
from screen import HEIGHT, WIDTH, Screen, wait_until

PROBE = Path(__file__).with_name("probe.py")
VARIABLE = "ANY_TO_3D_GUI_BLENDER"
PATIENCE = 90.0
"""Seconds: drawn without a graphics card, a window's first picture takes a while."""

_REDNESS = 22
_WHITE = 150
_SOLID = 6
_FEWEST = 40
_SAME = 6
_GAP = 5
_SIGN = 30
"""What a mark looks like: levels of 255, and pixels."""

_NOTCHES = 6

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels of the screen."""


def commands() -> list[str]:
    """The Blenders under test: one or more commands, separated as in PATH.

    The words before the last one lead to the programs on its system, and so do they to Xvfb and xdotool.
    """
    return [each for each in os.environ.get(VARIABLE, "").split(os.pathsep) if each]


class Blender:
    """One Blender command with a user folder of its own. ``open`` shows a window, ``run`` works without one."""

    def __init__(self, command: str, folder: Path) -> None:
        *self.prefix, self.program = shlex.split(command)
        self.folder = folder
        self.user_folder = folder / "Benutzer ü 用户"
        self.user_folder.mkdir(parents=True)

    def words(self, *words: str, display: str = "", variables: dict[str, str] | None = None) -> list[str]:
        """The whole command line, with its environment."""
        environment = {
            "HOME": str(self.user_folder),
            "LANG": "C.UTF-8",
            "BLENDER_USER_RESOURCES": str(self.user_folder),
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "DISPLAY": display,
            **(variables or {}),
        }
        settings = [f"{name}={value}" for name, value in environment.items()]
        return [*self.prefix, "env", *settings, self.program, *words]

    def run(self, *words: str) -> str:
        """Blender without a window; its output. Raises AssertionError when it fails."""
        done = subprocess.run(self.words(*words), capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout

    def install(self, addon: Path) -> None:
        """By Blender's own command line."""
        self.run("--command", "extension", "install-file", "--repo", "user_default", "--enable", str(addon))


class Window:
    """A Blender with its window on a screen of its own."""

    def __init__(self, blender: Blender, *words: str, variables: dict[str, str] | None = None) -> None:
        self.blender = blender
        self.mailbox = blender.folder / f"mailbox {time.monotonic_ns()}"
        self.mailbox.mkdir()
        self.screen = Screen(blender.prefix, self.mailbox)
        geometry = ("--window-geometry", "0", "0", str(WIDTH), str(HEIGHT))
        command = blender.words(
            *geometry, *words, "--python", str(PROBE), "--", str(self.mailbox),
            display=self.screen.display, variables=variables,
        )  # fmt: skip
        with (self.mailbox / "blender.log").open("w") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self.ask("True")

    # --- what is so -------------------------------------------------------------------------------------------------

    def ask(self, question: str):
        """The value of an expression inside this Blender; of statements, what they set ``answer`` to."""
        answer = self.mailbox / "answer"
        unfinished = self.mailbox / "question.part"
        unfinished.write_text(question, encoding="utf-8")
        unfinished.rename(self.mailbox / "question")
        wait_until(lambda: answer.is_file() or self._process.poll() is not None, PATIENCE, question)
        assert answer.is_file(), f"Blender ended: {(self.mailbox / 'blender.log').read_text(errors='replace')[-3000:]}"
        said = json.loads(answer.read_text(encoding="utf-8"))
        answer.unlink()
        assert "error" not in said, f"{question}\n{said.get('error')}"
        return said["value"]

    def wait(self, question: str, seconds: float = PATIENCE) -> None:
        """Until the expression is true inside this Blender."""
        deadline = time.monotonic() + seconds
        while not self.ask(question):
            assert time.monotonic() < deadline, f"not so within {seconds:g} s: {question}\n{self.shown()}"
            time.sleep(0.2)

    def shown(self, *classes: str) -> str:
        """The words that these panels, or all, drew last."""
        return self.ask(f"text_of(*{classes!r})")

    # --- where things are -------------------------------------------------------------------------------------------

    def find(self, owner: str, name: str, place: int = 0) -> Box:
        """Where a button, field or menu of a panel is: the ``place``-th of its name, counted from 0."""
        box = self._look(owner, name, place)
        if box is None and owner.startswith("ANY_TO_3D_"):
            left, top, right, bottom = self.ask("sidebar()")
            x, y = (left + right) / 2, (top + bottom) / 2
            self.screen.turn_wheel(x, y, -60)
            for _ in range(12):
                box = self._look(owner, name, place)
                if box is not None:
                    break
                self.screen.turn_wheel(x, y, _NOTCHES)
        if box is None:
            self.screen.save(self.mailbox / f"no {name}.png")
        assert box is not None, f"{owner} shows no {name} number {place}; it drew {self.ask(f'drawn.get({owner!r})')}"
        return box

    def click(self, owner: str, name: str, place: int = 0) -> None:
        """Press a button of a panel, or open a menu, or begin to edit a field."""
        box = self.find(owner, name, place)
        # While an object grows, lines come above its panel's buttons and those of the next panels.
        while self.ask("bool(session().active_jobs)") and (again := self.find(owner, name, place)) != box:
            box = again
        self.screen.click((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)

    def show_tab(self) -> None:
        """Open the sidebar at the add-on's tab. Tabs are at its right edge, and only Blender knows how high each is."""
        self.ask("open_sidebar()")
        wait_until(lambda: np.ptp(self.ask("sidebar()")[::2]) > 100, PATIENCE, "no sidebar opens")
        _, top, right, bottom = self.ask("sidebar()")
        for y in range(top, bottom, 40):
            self._settle()
            # Of a file that was saved so, the tab may be in front already.
            if self.ask("bool(drawn)"):
                return
            self.screen.click(right - 12, y + 40)
            self.ask("drawn.clear()")
        raise AssertionError("no tab of the sidebar shows the add-on's panels")

    def fill(self, owner: str, name: str, text: str) -> None:
        """Type into a field of a panel, in place of what is there."""
        left, top, right, bottom = self.find(owner, name)
        x, y = (left + right) / 2, (top + bottom) / 2
        self.screen.move(x, y)
        self._settle()
        time.sleep(0.3)
        before = self.screen.picture()[top:bottom, left:right]
        self.screen.click(x, y)
        # Keys that come before the cursor would be shortcuts of the 3D view.
        wait_until(lambda: (self.screen.picture()[top:bottom, left:right] != before).any(), 20, f"no cursor in {name}")
        self.screen.press("ctrl+a")
        self.screen.type(text)
        self.screen.press("Return")

    def choose(self, owner: str, menu: str, name: str, place: int = 0) -> None:
        """Open a panel's menu and press one of its lines. It is drawn once, so it is opened twice to be compared."""
        left, top, right, bottom = self.find(owner, menu)
        is_sign = not self.ask(f"[each['text'] for each in drawn[{owner!r}] if each['name'] == {menu!r}][0]")
        # A sign without words grows to the left when it is marked, and stands at the bar's right end.
        x, y = right + _SIGN if is_sign else (left + right) / 2, (top + bottom) / 2
        pictures = []
        for marking in ("mark()", f"mark({menu!r}, {name!r}, {place})"):
            self.ask(f"drawn.pop({menu!r}, None), {marking}")
            self.screen.click(x, y)
            self.wait(f"{menu!r} in drawn")
            # The line under the pointer is lit; it would be in both pictures.
            self._settle()
            time.sleep(0.5)
            pictures.append(self.screen.picture().astype(np.int16))
            if len(pictures) == 1:
                self.screen.press("Escape")
                self._settle()
        box = _marked(*pictures)
        self.ask("mark()")
        assert box is not None, f"{menu} shows no {name} number {place}; it drew {self.ask(f'drawn.get({menu!r})')}"
        self.screen.click((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        self._settle()

    def open_panel(self, name: str) -> None:
        """Click the header of a panel that is closed. Panels that have no parent only."""
        self.click_header(self.ask(f"place_of_panel({name!r})"))
        self.wait(f"{name!r} in drawn")

    def click_header(self, place: int) -> None:
        """Of the ``place``-th panel of the tab, counted from 0, children left out."""
        left, top, _, bottom = self.headers()[place]
        self.screen.click(left + 60, (top + bottom) / 2)
        self._settle()

    def open_alone(self, name: str) -> Box:
        """Open a panel of the tab that has no parent, close all others, and say where it is."""
        place = self.ask(f"place_of_panel({name!r})")
        left, top, _, bottom = self.headers()[place]
        self.ask("drawn.clear()")
        self.screen.click_with("ctrl", left + 60, (top + bottom) / 2)
        self.wait(f"{name!r} in drawn")
        return self.panel(name)

    def panel(self, name: str) -> Box:
        """Where an open panel is, with its header and its children."""
        headers = self.headers()
        place = self.ask(f"place_of_panel({name!r})")
        left, top, right, bottom = headers[place]
        if place + 1 < len(headers):
            return left, top, right, headers[place + 1][1] - _GAP
        ground = self.screen.picture()[bottom + 3 : self.ask("sidebar()")[3], left + 3].astype(np.int16)
        outside = np.flatnonzero(np.abs(ground - ground[0]).max(axis=-1) >= _SAME)
        return left, top, right, bottom + 3 + int(outside[0] if len(outside) else len(ground))

    def headers(self) -> list[Box]:
        """The headers of the sidebar's panels that are in sight, from top to bottom; children's are none."""
        self.rest_pointer()
        self.ask("paint_headers(True)")
        try:
            wait_until(lambda: len(self._magenta_bands()) > 1, 20, "no header lights up")
            time.sleep(0.5)
            return self._magenta_bands()
        finally:
            self.ask("paint_headers(False)")
            wait_until(lambda: not self._magenta_bands(), 20, "headers stay lit")

    def rest_pointer(self) -> None:
        """Away from every button, so that none is highlighted and no tooltip shows."""
        self.screen.move(*self.ask("resting_place()"))

    def _look(self, owner: str, name: str, place: int) -> Box | None:
        """What a panel of the tab draws is looked for in the sidebar only."""
        left, top, right, bottom = self.ask("sidebar()") if owner.startswith("ANY_TO_3D_") else (0, 0, WIDTH, HEIGHT)
        self.rest_pointer()
        self.ask("mark(), hold_pictures(True)")
        self._settle()
        before = self._part(left, top, right, bottom)
        self.ask(f"mark({owner!r}, {name!r}, {place})")
        try:
            for _ in range(3):
                self._settle()
                during = self._part(left, top, right, bottom)
                if _marked(before, during) is not None:
                    break
        finally:
            self.ask("mark()")
            self._settle()
        # What else became red meanwhile, as a bar, does not go back.
        box = _marked(before, during, self._part(left, top, right, bottom))
        self.ask("hold_pictures(False)")
        return box and (left + box[0], top + box[1], left + box[2], top + box[3])

    def _part(self, left: int, top: int, right: int, bottom: int) -> np.ndarray:
        return self.screen.picture()[top:bottom, left:right].astype(np.int16)

    def _settle(self) -> None:
        """Until Blender has drawn what it was asked to draw: between two turns of its timers it draws."""
        for _ in range(2):
            self.ask("redraw()")
        time.sleep(0.1)

    def _magenta_bands(self) -> list[Box]:
        left, top, right, bottom = self.ask("sidebar()")
        picture = self.screen.picture()[top:bottom, left:right].astype(np.int16)
        is_lit = (picture[..., 0] > 180) & (picture[..., 2] > 180) & (picture[..., 1] < 90)
        rows = is_lit.sum(axis=1) > is_lit.shape[1] * 0.3
        edges = np.flatnonzero(np.diff(np.concatenate(([0], rows.view(np.int8), [0]))))
        columns = np.flatnonzero(is_lit.any(axis=0))
        if not len(columns):
            return []
        sides = left + int(columns[0]), left + int(columns[-1]) + 1
        return [(sides[0], top + int(a), sides[1], top + int(b)) for a, b in edges.reshape(-1, 2) if b - a > 6]

    def close(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)
        self.screen.close()


def _marked(before: np.ndarray, during: np.ndarray, after: np.ndarray | None = None) -> Box | None:
    """Where it became red, or where a white bar has come; and where that is gone ``after``."""
    is_red, is_bar = _marks(before, during)
    if after is not None:
        was_red, was_bar = _marks(after, during)
        is_red, is_bar = is_red & was_red, is_bar & was_bar
    is_shown = is_red if is_red.sum() > _FEWEST else is_bar
    rows, columns = np.flatnonzero(is_shown.sum(axis=1) > 2), np.flatnonzero(is_shown.sum(axis=0) > 2)
    if not len(rows) or not len(columns):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _marks(usual: np.ndarray, marked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which pixels are redder than usual, and which belong to a white bar that is not there usually."""
    change = marked - usual
    is_red = change[..., 0] - np.maximum(change[..., 1], change[..., 2]) > _REDNESS
    is_white = (marked.min(axis=-1) > _WHITE) & (change.min(axis=-1) > _WHITE // 2)
    # A bar is solid, as letters are not.
    return is_red, is_white & np.roll(is_white, _SOLID, axis=1) & np.roll(is_white, -_SOLID, axis=1)
