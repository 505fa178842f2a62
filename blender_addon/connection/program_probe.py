"""Ask a program in the background which version it is. Nothing here waits; ``poll`` is called from the link's steps."""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_PATIENCE = 30.0
"""Seconds: Python on a cold disk is slow."""


@dataclass(frozen=True)
class ProgramVersion:
    """What a program said; ``problem`` is set where it said no version."""

    program: Path
    version: str = ""
    problem: str = ""


class ProgramProbe:
    """One question to one program."""

    def __init__(self, program: Path) -> None:
        self.program = program
        self._deadline = time.monotonic() + _PATIENCE
        self._process: subprocess.Popen[bytes] | None = None
        self._answer: ProgramVersion | None = None
        no_window = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # exists on Windows only
        try:
            self._process = subprocess.Popen(
                [str(program), "--version"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                creationflags=no_window,
            )
        except OSError as error:
            self._answer = ProgramVersion(program, problem=f"It cannot be run: {error.strerror or error}.")

    def poll(self) -> ProgramVersion | None:
        """The answer, once there is one."""
        if self._answer is None and self._process is not None:
            code = self._process.poll()
            if code is not None:
                self._answer = self._read(code)
            elif time.monotonic() > self._deadline:
                self.close()
                self._answer = ProgramVersion(self.program, problem=f"It said nothing for {_PATIENCE:.0f} s.")
        return self._answer

    def close(self) -> None:
        """End the program if it still runs; closing twice is fine."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.kill()
            process.wait(1.0)
        if process.stdout is not None:
            process.stdout.close()

    def _read(self, code: int) -> ProgramVersion:
        assert self._process is not None
        assert self._process.stdout is not None
        said = self._process.stdout.read().decode("utf-8", "replace").strip()
        self.close()
        found = re.search(r"any-to-3d (\S+)", said)
        if code == 0 and found:
            return ProgramVersion(self.program, found[1])
        last = said.splitlines()[-1].strip() if said else "no word"
        return ProgramVersion(self.program, problem=f"It did not say its version (exit code {code}): {last}")
