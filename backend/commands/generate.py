"""``any-to-3d generate``: one object without Blender and without a server."""

from dataclasses import dataclass
from pathlib import Path

from ...shared.messages import Submit
from .local_job import new_console, run_locally
from .prompt_options import PromptOptions, require_glb


@dataclass(frozen=True)
class Generate(PromptOptions):
    """Make an object from text, an image, a sound, or several of them mixed, and write it as GLB."""

    output: Path = Path("object.glb")
    """Where the GLB goes."""

    height: float = 1.0
    """The object's height in metres; it stands on the origin."""

    def run(self) -> int:
        require_glb("--output", self.output)
        self.check_places()
        if not self.height > 0:
            raise ValueError(f"--height is {self.height:g}; it is in metres, and must be more than 0")
        console = new_console()
        finished = run_locally(self.request(), self, console)
        if finished is None:
            return 1
        from ..finishing.glb import write_glb

        write_glb(finished.mesh, self.output, self.height)
        faces = len(finished.mesh.faces)
        console.print(f"{self.output}: {faces} faces, made in {finished.seconds:.1f} s", markup=False)
        return 0

    def request(self) -> Submit:
        """The options as a request. Raises ValueError as ``prompts`` does."""
        return Submit(
            "command-line", self.prompts(), self.negative, self.recipe, self.preset, self.seed, self.overrides
        )
