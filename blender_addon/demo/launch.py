"""How this Blender starts the demo: with its own Python, and the libraries that it has loaded itself."""

from __future__ import annotations

import sys
from pathlib import Path

import msgpack
import numpy
import zmq

from ..connection.backend_process import LaunchOptions, StartError, free_port

_START = Path(__file__).with_name("start.py")


def demo_options() -> LaunchOptions:
    """The demo's command line and a free address for it; it ends with Blender.

    Raises StartError where Blender came without a Python program.
    """
    python = Path(sys.executable or "")
    if not python.name.lower().startswith("python"):
        raise StartError(
            "This Blender has no Python program of its own, which the demo runs in. Install Blender from blender.org, "
            "or start a backend."
        )
    folders = dict.fromkeys(str(Path(str(library.__file__)).parents[1]) for library in (numpy, zmq, msgpack))
    # -I: whatever the artist's environment says about another Python must not reach this one.
    # -B: nothing is written into the add-on's folder.  -u: the log is complete when the process dies.
    words = [str(python), "-I", "-B", "-u", str(_START)]
    for folder in folders:
        words += ["--library", folder]
    return LaunchOptions("", (), f"tcp://127.0.0.1:{free_port()}", ends_with_blender=True, demo=tuple(words))
