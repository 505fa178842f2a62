"""A request for new colours, ready for the generator: its mesh, its recipe, and what becomes of its steps."""

from dataclasses import dataclass

import torch

from ...shared.messages import Submit
from ...shared.starting_points import Retexture
from ..finishing.texels import shared_share
from ..generator.checkpoint import Checkpoint
from ..generator.generate import Step
from ..generator.recipe import Recipe
from ..generator.recipes.retexture import retexture
from ..generator.representations.given_mesh import GivenMesh, SurfaceColours
from .moment import DrawnMesh, RetextureMoment
from .painter import Painter
from .placed_mesh import PlacedMesh

WORTH_TELLING = 0.005
"""Share of the texels that two faces share, from which on the artist is told."""


def retexture_recipe(recipe: Recipe, source: Retexture) -> Recipe:
    """What such a job runs, as far as it can be known before its mesh is prepared."""
    mesh = source.mesh
    return retexture(recipe, source.strength, len(mesh.vertices), len(mesh.faces), _goes_on_from_colours(source))


@dataclass(frozen=True)
class RetextureWork:
    """recipe, given, resume: for ``generate``.  notice: a sentence for the artist, or empty."""

    recipe: Recipe
    given: GivenMesh
    notice: str
    job_id: str
    painter: Painter
    drawn: DrawnMesh
    resume: Checkpoint | None = None

    @staticmethod
    def of(job_id: str, submit: Submit, source: Retexture, recipe: Recipe, device: torch.device) -> "RetextureWork":
        """Raises ValueError for a mesh without extent, texture coordinates without area, or a mask beside them."""
        placed = PlacedMesh.of(source.mesh)
        painter = Painter(source, placed.vertices)
        painter.check()
        given = given_mesh(placed, submit.seed, device, _goes_on_from_colours(source))
        sizes = len(given.vertices), len(given.faces)
        asked = retexture(recipe, source.strength, *sizes, given.colours is not None)
        return RetextureWork(asked, given, _notice(source), job_id, painter, DrawnMesh(placed))

    def moment(self, step: Step) -> RetextureMoment:
        return RetextureMoment(step, self.job_id, self.painter, self.drawn)


def _goes_on_from_colours(source: Retexture) -> bool:
    """All new is to forget: stripes that the field had learned would shine through whatever is painted over them."""
    return source.mesh.albedo is not None and source.strength < 1


def given_mesh(placed: PlacedMesh, seed: int, device: torch.device, with_colours: bool) -> GivenMesh:
    """The mesh as the generator is given it, with its present colours at random points where it has and wants them.

    Raises ValueError for a mesh whose faces have no area.
    """
    known = placed.present_colours(seed) if with_colours else None
    colours = None
    if known is not None:
        points, shown = (torch.from_numpy(array).to(device) for array in (known.points, known.colours))
        colours = SurfaceColours(points, shown)
    vertices = torch.tensor(placed.drawn_vertices, device=device)
    return GivenMesh(vertices, torch.tensor(placed.drawn_faces, device=device), colours)


def _notice(source: Retexture) -> str:
    mesh = source.mesh
    share = shared_share(mesh.uvs, mesh.uv_faces, source.height, source.width)
    if share < WORTH_TELLING:
        return ""
    percent = max(1, round(100 * share))
    return (
        f"{percent} % of the texels belong to several faces, because texture coordinates overlap: "
        "these faces can have but one colour, that of the first of them."
    )
