"""Ask a Blender whether it would take a zip: ``blender --command extension validate``."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .build_zip import BuildError

BLENDER_VARIABLE = "ANY_TO_3D_BLENDER"
"""The environment variable that names a Blender's program."""

_SECONDS = 120


def validate(blender: str, path: Path) -> None:
    """Raises BuildError with Blender's own words if it refuses the zip, or cannot be asked."""
    command = [blender, "--factory-startup", "--command", "extension", "validate", str(path.resolve())]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"'{blender}' cannot be asked about {path.name}: {error}") from error
    if done.returncode:
        said = " ".join((done.stdout + done.stderr).split())
        raise BuildError(f"Blender refuses {path.name}: {said or f'exit code {done.returncode}'}")
