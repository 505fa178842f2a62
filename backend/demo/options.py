"""What the demo is asked for; ``any-to-3d demo`` reads it from the command line."""

from dataclasses import dataclass, field
from pathlib import Path

from ..catalogue import ProfileName


@dataclass(frozen=True)
class DemoOptions:
    """A prompt, how to generate from it, and where to write demo.blend, demo.glb and demo.png."""

    text: str = "an orange lantern"
    """What to make. The default is one that turns out well; README, "What to expect", shows unpicked ones."""

    seed: int = 0
    """The same prompt, preset and seed give the same object."""

    preset: str = ""
    """draft, standard or high, of profile full draft, small, standard or paper; empty: the backend's default."""

    profile: ProfileName = "builtin"
    """Which models the backend runs; fake is a quick look at the path itself."""

    out: Path = field(default_factory=Path.cwd)
    """Where the three files go."""

    blender: Path | None = None
    """A Blender program, or a Python that has bpy; by default this Python's bpy, or the blender on PATH."""

    program: Path | None = None
    """The backend program that the add-on starts; by default this environment's any-to-3d."""
