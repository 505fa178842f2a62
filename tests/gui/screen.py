"""A screen that nobody sees: an X display without a monitor, its picture, its pointer and its keyboard."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 1280, 1400
"""Tall, so that nearly all panels of the tab are in sight at once."""

_LEFT, _WHEEL_UP, _WHEEL_DOWN = "1", "4", "5"
_START_PATIENCE = 20.0


class Screen:
    """Runs Xvfb, and xdotool on it, behind ``prefix``: the words that lead to where these programs are, as in
    ``chroot /srv/debian``; none for those of this system. Its picture is a file in ``folder``.
    """

    def __init__(self, prefix: list[str], folder: Path) -> None:
        self._prefix = prefix
        for program in ("Xvfb", "xdotool"):
            found = subprocess.run([*prefix, "sh", "-c", f"command -v {program}"], capture_output=True)
            assert found.returncode == 0, f"{program} is missing where Blender runs (Debian: apt install xvfb xdotool)"
        self._picture = folder / "Xvfb_screen0"
        size = f"{WIDTH}x{HEIGHT}x24"
        words = ["Xvfb", "-displayfd", "1", "-screen", "0", size, "-nolisten", "tcp", "-fbdir", str(folder)]
        with (folder / "xvfb.log").open("w") as log:
            self._process = subprocess.Popen([*prefix, *words], stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._process.stdout is not None
        number = self._process.stdout.readline().strip()
        assert number, f"Xvfb did not start: {(folder / 'xvfb.log').read_text()}"
        self.display = f":{number}"

    def picture(self) -> np.ndarray:
        """What is on it now: u8[HEIGHT, WIDTH, 3]."""
        data = self._picture.read_bytes()
        header = np.frombuffer(data, ">u4", 25)  # the format of xwd, /usr/include/X11/XWDFile.h
        begin, width, height, row, colours = int(header[0]), *(int(header[i]) for i in (4, 5, 12, 19))
        pixels = np.frombuffer(data, np.uint8, row * height, begin + 12 * colours)
        return pixels.reshape(height, row // 4, 4)[:, :width, 2::-1].copy()

    def save(self, path: Path) -> None:
        """Write what is on it now as an image file."""
        Image.fromarray(self.picture()).save(path)

    def move(self, x: float, y: float) -> None:
        """Put the pointer there; y counts from the top."""
        self._xdotool("mousemove", str(round(x)), str(round(y)))

    def click(self, x: float, y: float) -> None:
        """Press and release the left button, with the pauses of a hand."""
        self.move(x, y)
        time.sleep(0.25)
        self._xdotool("mousedown", _LEFT)
        time.sleep(0.08)
        self._xdotool("mouseup", _LEFT)

    def click_with(self, key: str, x: float, y: float) -> None:
        """Click while a key is held down."""
        self.move(x, y)
        self._xdotool("keydown", key)
        self.click(x, y)
        self._xdotool("keyup", key)

    def turn_wheel(self, x: float, y: float, notches: int) -> None:
        """Scroll down by so many notches at this place, up if they are negative."""
        self.move(x, y)
        time.sleep(0.1)
        button = _WHEEL_DOWN if notches > 0 else _WHEEL_UP
        self._xdotool("click", "--repeat", str(abs(notches)), "--delay", "20", button)

    def press(self, *keys: str) -> None:
        """Press keys as xdotool names them: Return, ctrl+s."""
        self._xdotool("key", "--delay", "60", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._xdotool("type", "--delay", "30", text)

    def resize_windows(self, width: int, height: int) -> None:
        """All that are in sight, to so many pixels."""
        self._xdotool("search", "--onlyvisible", "--name", ".", "windowsize", "%@", str(width), str(height))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _xdotool(self, *words: str) -> None:
        command = [*self._prefix, "env", f"DISPLAY={self.display}", "xdotool", *words]
        subprocess.run(command, check=True, capture_output=True, timeout=60)


def wait_until(is_so, seconds: float, what: str = "") -> None:
    """Ask until it is so; raises AssertionError after that many seconds."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what or is_so}"
        time.sleep(0.1)
