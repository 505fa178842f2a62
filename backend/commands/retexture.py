"""``any-to-3d retexture``: new colours for the mesh in a file, whose shape stays as it is."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from ...shared.messages import Submit
from ...shared.request_check import TEXTURE_SIDES
from ...shared.starting_points import LARGEST_MASK_BORDER, Retexture
from .local_job import new_console, run_locally
from .prompt_options import PromptOptions, require_glb

if TYPE_CHECKING:
    import numpy as np
    from rich.console import Console

    from ...shared.mesh import SourceMesh

DEFAULT_SIDE = 1024


@dataclass(frozen=True)
class RetextureMesh(PromptOptions):
    """Give the mesh in a file new colours from text, an image or a sound, and write it as GLB; its shape stays."""

    mesh: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="MESH")] = Path()
    """A GLB, glTF or OBJ file with one texture or none; where it has no texture coordinates, new ones are made."""

    mask: Path | None = None
    """A PNG as large as the texture: black keeps the old colours, white takes new ones, grey mixes them."""

    mask_border: int = 8
    """Over how many texels inside the mask old colours pass into new ones."""

    strength: float = 1.0
    """Above 0, a tint of the present colours, to 1, all new."""

    size: str = ""
    """Pixels of the texture, as in 1024 or 2048x1024; if not given, those of the mesh's texture, or 1024."""

    output: Annotated[Path, tyro.conf.arg(aliases=["--out"])] = Path("retextured.glb")
    """Where the GLB goes."""

    def run(self) -> int:
        from ..finishing.glb import write_glb
        from ..mesh_file import read_mesh

        self.check()
        console = new_console()
        found = read_mesh(self.mesh)
        for notice in found.notices:
            console.print(notice, style="yellow", markup=False)
        finished = run_locally(self.request(found.source, console), self, console)
        if finished is None:
            return 1
        write_glb(found.finished(finished.mesh), self.output)
        height, width = finished.mesh.albedo.shape[:2]
        console.print(f"{self.output}: {width} x {height} texels, made in {finished.seconds:.1f} s", markup=False)
        return 0

    def check(self) -> None:
        """Raise ValueError for options that cannot be obeyed, before any file is read."""
        if self.mesh == Path():
            raise ValueError("which mesh? name a file, as in 'any-to-3d retexture chair.glb --text \"a blue chair\"'")
        require_glb("--output", self.output)
        self.check_places()
        if not 0 < self.strength <= 1:
            raise ValueError(f"--strength is {self.strength:g}; choose from above 0, a tint, to 1, all new")
        if not 0 <= self.mask_border <= LARGEST_MASK_BORDER:
            raise ValueError(f"--mask-border is {self.mask_border}; choose from 0 to {LARGEST_MASK_BORDER} texels")
        self._asked_size()

    def request(self, source: "SourceMesh", console: "Console") -> Submit:
        """The options as a request; the mesh gets texture coordinates if need be, and textures of one size."""
        prompts = self.prompts()
        width, height = self._asked_size() or _size_of(source)
        if not source.has_uvs:
            source = _unwrapped(source, max(width, height), console)
        albedo = None if source.albedo is None else _resized(source.albedo, width, height)
        mask = None if self.mask is None else _read_mask(self.mask)
        retexture = Retexture(replace(source, albedo=albedo, mask=mask), self.strength, width, height, self.mask_border)
        asked = Submit("command-line", prompts, self.negative, self.recipe, self.preset, self.seed, self.overrides)
        return replace(asked, source=retexture)

    def _asked_size(self) -> tuple[int, int] | None:
        if not self.size:
            return None
        found = re.fullmatch(r"(\d{1,5})(?:[xX](\d{1,5}))?", self.size.strip())
        low, high = TEXTURE_SIDES
        sides = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not all(low <= side <= high for side in sides):
            raise ValueError(
                f"--size is {self.size!r}; give pixels as in 1024 or 2048x1024, from {low} to {high} a side"
            )
        return sides


def _size_of(source: "SourceMesh") -> tuple[int, int]:
    """Width and height of its texture, where that is one that can be asked for."""
    if source.albedo is None:
        return DEFAULT_SIDE, DEFAULT_SIDE
    height, width = source.albedo.shape[:2]
    low, high = TEXTURE_SIDES
    return min(max(width, low), high), min(max(height, low), high)


def _unwrapped(source: "SourceMesh", side: int, console: "Console") -> "SourceMesh":
    from ..finishing.unwrap import Atlas, unwrap

    with console.status("making texture coordinates"):
        *_, atlas = unwrap(source.vertices, source.faces, side)
    assert isinstance(atlas, Atlas)
    return replace(source, uvs=atlas.uvs, uv_faces=atlas.uv_faces)


def _resized(image: "np.ndarray", width: int, height: int) -> "np.ndarray":
    import numpy as np
    from PIL import Image

    if image.shape[:2] == (height, width):
        return image
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))


def _read_mask(path: Path) -> "np.ndarray":
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("L"))
    except UnidentifiedImageError as error:
        raise ValueError(f"--mask: {path} is no picture; give a PNG") from error
    except (OSError, Image.DecompressionBombError) as error:
        raise ValueError(f"--mask: {path} cannot be read ({error})") from error
