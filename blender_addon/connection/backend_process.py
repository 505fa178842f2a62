"""The backend program that this Blender started: where it is, whether it lives, why it ended, how to end it. No bpy.

Its output goes to a log file, never to a pipe: nobody in Blender would read it, and a full pipe stops the writer.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

from ..errors import CodedError, TroubleCode
from .addresses import parse_address

PROGRAM = "any-to-3d"
_TAIL_BYTES = 4000


class StartError(CodedError):
    """The backend could not be started; the message says why and what to do."""

    code: ClassVar[TroubleCode] = "start_failed"


class PortTaken(StartError):
    """Somebody listens on that address already, perhaps a backend."""

    code: ClassVar[TroubleCode] = "port_taken"


@dataclass(frozen=True)
class LaunchOptions:
    """How to start a backend. ``command`` as in find_program; ``arguments`` are added to ``serve``.

    demo: the words that start the demo of this add-on, in place of the program and ``serve``.
    """

    command: str
    arguments: tuple[str, ...]
    address: str
    ends_with_blender: bool
    demo: tuple[str, ...] = ()

    def serving_words(self) -> list[str]:
        """The command line before the address. Raises StartError if there is no program."""
        return list(self.demo) or [str(find_program(self.command)), "serve"]


def find_program(command: str) -> Path:
    """The backend's program: a file, the one inside a Python environment's folder, or for "" the one on PATH.

    Raises StartError, naming the places looked at, if there is none.
    """
    if not command.strip():
        found = shutil.which(PROGRAM)
        if found:
            return Path(found)
        raise StartError(f"No '{PROGRAM}' was found on this computer.")
    path = Path(command.strip()).expanduser()
    candidates = [path] if path.is_file() else [path / name for name in _places_in_an_environment()]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise StartError(
        f"No '{PROGRAM}' in {path}. Pick that program, or the folder of the Python environment that has it."
    )


def _places_in_an_environment() -> tuple[str, ...]:
    return (f"bin/{PROGRAM}", f"Scripts/{PROGRAM}.exe", f".venv/bin/{PROGRAM}", f".venv/Scripts/{PROGRAM}.exe", PROGRAM)


def port_is_free(address: str) -> bool:
    """Whether a server could bind this address now; only asked for addresses of this computer."""
    host, port = parse_address(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name == "posix":
            # As servers do: a port that merely lingers after a restart counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class BackendProcess:
    """One started backend. Every method returns at once, except ``stop(wait)``."""

    def __init__(self, options: LaunchOptions, log_path: Path) -> None:
        """Start it. Raises StartError if there is no program, PortTaken if the address is."""
        serving = options.serving_words()
        if not port_is_free(options.address):
            raise PortTaken(f"{options.address} is in use by another program. Connect to it, or use a free port.")
        self.address, self.log_path = options.address, log_path
        self.ends_with_blender = options.ends_with_blender
        self.is_demo = bool(options.demo)
        self._was_asked_to_stop = False
        command = [*serving, "--address", options.address, *options.arguments]
        if options.ends_with_blender:
            command += ["--parent-pid", str(os.getpid())]
        with log_path.open("wb") as log:
            self._process = _spawn(command, log, options.ends_with_blender)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def ended_by_itself(self) -> bool:
        return not self.is_alive and not self._was_asked_to_stop

    def log_tail(self) -> str:
        """The last lines of its output; empty if it wrote none."""
        if not self.log_path.is_file():
            return ""
        with self.log_path.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - _TAIL_BYTES))
            return log.read().decode("utf-8", "replace").strip()

    def describe_exit(self) -> str:
        """Why it ended, for a person: the last line that it wrote, and its exit code or signal."""
        code = self._process.poll()
        cause = f"was killed by signal {-code}" if code is not None and code < 0 else f"stopped with exit code {code}"
        lines = self.log_tail().splitlines()
        who = "demo" if self.is_demo else "backend"
        return f"The {who} {cause}." + (f" Its last words: {lines[-1].strip()}" if lines else "")

    def stop(self, wait: float = 0.0) -> None:
        """Ask it to end; after ``wait`` seconds, if positive, end it the hard way."""
        self._was_asked_to_stop = True
        if not self.is_alive:
            return
        self._process.terminate()
        deadline = time.monotonic() + wait
        while wait and self.is_alive:
            if time.monotonic() > deadline:
                self._process.kill()
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(1.0)
                return
            time.sleep(0.02)


def _spawn(command: list[str], log: IO[bytes], ends_with_blender: bool) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    no_window = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # exists on Windows only
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            creationflags=no_window,
            start_new_session=not ends_with_blender,
        )
    except OSError as error:
        raise StartError(f"'{command[0]}' could not be started: {error.strerror or error}.") from error
