"""``any-to-3d refine``: the rough shape in a file becomes an object of that shape."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import tyro

from ...shared.starting_points import Refine
from .local_job import new_console
from .object_options import ObjectOptions


@dataclass(frozen=True)
class RefineMesh(ObjectOptions):
    """Refine the rough shape in a file to what a text, an image or a sound says, and write it as GLB."""

    mesh: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="MESH")] = Path()
    """A GLB, glTF or OBJ file: closed or open, of one piece or many that cross each other."""

    keep: float = 0.5
    """How much of the shape stays: 0, a mere hint, to 1, its outline from every side."""

    output: Annotated[Path, tyro.conf.arg(aliases=["--out"])] = Path("refined.glb")
    """Where the GLB goes, at the size and place of the shape."""

    def run(self) -> int:
        from ..finishing.glb import write_glb
        from ..mesh_file import read_mesh

        if self.mesh == Path():
            raise ValueError("which shape? name a file, as in 'any-to-3d refine boxes.glb --text \"a red chair\"'")
        self.check_object()
        if not 0 <= self.keep <= 1:
            raise ValueError(f"--keep is {self.keep:g}; choose from 0, a mere hint, to 1, the outline from every side")
        submit, console = self.request(), new_console()
        found = read_mesh(self.mesh)
        finished = self.made(replace(submit, source=Refine(found.source, self.keep)), console)
        if finished is None:
            return 1
        write_glb(found.placed(finished.mesh), self.output)
        faces = len(finished.mesh.faces)
        console.print(f"{self.output}: {faces} faces, made in {finished.seconds:.1f} s", markup=False)
        return 0
