"""``any-to-3d demo``."""

from dataclasses import dataclass

from ..demo.options import DemoOptions


@dataclass(frozen=True)
class Demo(DemoOptions):
    """Make an object through the real add-on in a headless Blender; writes demo.blend, demo.glb and demo.png."""

    def run(self) -> int:
        from ..demo.run import main

        return main(self)
