"""``any-to-3d generate``: one object without Blender and without a server."""

from dataclasses import dataclass

from .local_job import new_console
from .object_options import ObjectOptions


@dataclass(frozen=True)
class Generate(ObjectOptions):
    """Make an object from text, an image, a sound, or several of them mixed, and write it as GLB."""

    height: float = 1.0
    """The object's height in metres; it stands on the origin."""

    def run(self) -> int:
        self.check_object()
        if not self.height > 0:
            raise ValueError(f"--height is {self.height:g}; it is in metres, and must be more than 0")
        console = new_console()
        finished = self.made(self.request(), console)
        if finished is None:
            return 1
        from ..finishing.glb import write_glb

        write_glb(finished.mesh, self.output, self.height)
        faces = len(finished.mesh.faces)
        console.print(f"{self.output}: {faces} faces, made in {finished.seconds:.1f} s", markup=False)
        return 0
