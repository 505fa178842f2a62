"""A job that goes on with its shape as edited by hand: only the last phase follows, on that very mesh."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ...shared.mesh import MeshSnapshot, SourceMesh, TextureSnapshot
from ...shared.starting_points import Retexture
from ..finishing.unwrap import Atlas, unwrap
from ..generator.branch import onto_mesh
from ..generator.checkpoint import Checkpoint
from ..generator.generate import Step
from ..generator.prompt import Prompt
from ..generator.recipe import Recipe
from ..generator.rendering.view import TriangleMesh
from ..retexturing.moment import DrawnMesh, RetextureMoment
from ..retexturing.painter import Painter
from ..retexturing.placed_mesh import PlacedMesh
from .placement import Placement


class EditedMoment(RetextureMoment):
    """A retextured mesh between two steps, whose job's folder also keeps where the mesh stands."""

    def __init__(self, step: Step, job_id: str, painter: Painter, drawn: DrawnMesh, placement: Placement) -> None:
        super().__init__(step, job_id, painter, drawn)
        self._placement = placement

    def snapshot(self, sequence: int, max_faces: int, max_texture: int = 0) -> MeshSnapshot | TextureSnapshot | None:
        """The mesh with colours at its vertices: it makes an object, which has no image yet to show a texture in."""
        return super().snapshot(sequence, max_faces)

    def save(self, folder: Path) -> None:
        self._placement.save(folder)
        super().save(folder)


@dataclass(frozen=True)
class Asked:
    """What is to follow: ``recipe`` for ``prompt`` from ``saved``, or from the job's ``own`` checkpoint."""

    recipe: Recipe
    prompt: Prompt
    saved: Checkpoint
    own: Checkpoint | None


@dataclass(frozen=True)
class MeshContinuation:
    """A Work whose result is the client's mesh in new colours. given: nothing, as the checkpoint has the mesh."""

    recipe: Recipe
    resume: Checkpoint
    job_id: str
    painter: Painter
    drawn: DrawnMesh
    placement: Placement
    given: None = None
    notice: str = ""

    @staticmethod
    def of(
        job_id: str,
        mesh: SourceMesh,
        placement: Placement,
        asked: Asked,
        texture_size: int,
    ) -> "MeshContinuation":
        """Raises ValueError for a mesh that cannot be unwrapped or has texture coordinates without area."""
        source = mesh if mesh.has_uvs else unwrapped(mesh, texture_size)
        placed = PlacedMesh.standing(source, np.array(placement.middle), placement.scale)
        painter = Painter(Retexture(source, 1.0, texture_size, texture_size), placed.vertices)
        painter.check()
        shape = TriangleMesh(torch.tensor(placed.drawn_vertices), torch.tensor(placed.drawn_faces))
        saved = asked.own or onto_mesh(asked.saved, asked.recipe, asked.prompt, shape).checkpoint
        return MeshContinuation(saved.recipe, saved, job_id, painter, DrawnMesh(placed), placement)

    def moment(self, step: Step) -> EditedMoment:
        return EditedMoment(step, self.job_id, self.painter, self.drawn, self.placement)


def unwrapped(mesh: SourceMesh, texture_size: int) -> SourceMesh:
    """The same mesh with texture coordinates of our making, and so without its colours and its mask."""
    *_, atlas = unwrap(mesh.vertices, mesh.faces, texture_size)
    assert isinstance(atlas, Atlas), "unwrapping ends with the atlas"
    return SourceMesh(mesh.vertices, mesh.faces, atlas.uvs, atlas.uv_faces)
