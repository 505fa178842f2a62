"""``any-to-3d demo``: the whole path in a headless Blender; see ``demo``."""

from dataclasses import dataclass, field
from pathlib import Path

from .catalogue import ProfileName


@dataclass(frozen=True)
class Demo:
    """Make an object through the real add-on in a headless Blender; writes demo.blend, demo.glb and demo.png."""

    text: str
    """What to make, as in "a red chair"."""

    seed: int = 0
    """The same prompt, preset and seed give the same object."""

    preset: str = ""
    """draft, standard or high; empty: the backend's default."""

    profile: ProfileName = "builtin"
    """Which models the backend runs; fake is a quick look at the path itself."""

    out: Path = field(default_factory=Path.cwd)
    """Where the three files go."""

    blender: Path | None = None
    """A Blender program, or a Python that has bpy; by default this Python's bpy, or the blender on PATH."""

    program: Path | None = None
    """The backend program that the add-on starts; by default this environment's any-to-3d."""

    def run(self) -> int:
        from . import demo

        options = demo.DemoOptions(
            self.text, self.seed, self.preset, self.profile, self.out, self.blender, self.program
        )
        return demo.main(options)
