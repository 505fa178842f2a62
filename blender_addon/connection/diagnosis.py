"""Collects what ``diagnostics`` writes down, from this Blender."""

from __future__ import annotations

import platform
import tomllib
from pathlib import Path

import bpy
import msgpack
import numpy
import zmq

from .. import preferences, pump
from .backend_log import last_lines
from .diagnostics import LOG_LINES, Surroundings, diagnostics

_MANIFESTS = (Path(__file__).parents[2] / "blender_manifest.toml", Path(__file__).parents[1] / "blender_manifest.toml")
"""In the zip, and in the repository."""


def collected_diagnostics(with_prompts: bool) -> str:
    """The whole report; never raises for what cannot be found out."""
    return diagnostics(
        _surroundings(), pump.link().session, last_lines(preferences.log_path(), LOG_LINES), with_prompts
    )


def _surroundings() -> Surroundings:
    libraries = {"pyzmq": zmq.__version__, "libzmq": zmq.zmq_version(), "numpy": numpy.__version__}
    libraries["msgpack"] = ".".join(str(part) for part in msgpack.version)
    return Surroundings(
        _addon_version(),
        bpy.app.version_string,
        platform.python_version(),
        ", ".join(f"{name} {version}" for name, version in libraries.items()),
        platform.platform(),
        _graphics(),
    )


def _addon_version() -> str:
    manifest = next(path for path in _MANIFESTS if path.is_file())
    return str(tomllib.loads(manifest.read_text("utf-8"))["version"])


def _graphics() -> str:
    if bpy.app.background:
        return "none, without a window"
    import gpu

    return f"{gpu.platform.vendor_get()} {gpu.platform.renderer_get()}, {gpu.platform.version_get()}"
