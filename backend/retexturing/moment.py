"""A retexture job between two steps: its texture now, the finished mesh, its checkpoint."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ...shared.mesh import MeshSnapshot, TexturedMesh, TextureSnapshot
from ..finishing.mesh_repair import simplified
from ..generator.generate import Step
from ..generator.representations.fixed_mesh import FixedMeshScene
from ..step_saving import save_step
from .painter import Colours, Field, Painter
from .placed_mesh import PlacedMesh

LIVE_SIDE = {"cpu": 256, "cuda": 1024}
"""Pixels of the longer side of a texture on the way, by kind of device: as many as take a fifth of half a second."""


class DrawnMesh:
    """The client's mesh with fewer faces, for who sees meshes only; made when first asked for."""

    def __init__(self, mesh: PlacedMesh) -> None:
        self._mesh = mesh
        self._limit = 0
        self._found: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def at_most(self, max_faces: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Vertices as the client has them and as they are placed, f32[V, 3] each, and faces i32[F, 3]."""
        if self._found is None or self._limit != max_faces:
            placed, faces = simplified(self._mesh.vertices, self._mesh.source.faces, max_faces)
            self._found, self._limit = (self._mesh.unplaced(placed), placed, faces), max_faces
        return self._found


class RetextureMoment:
    """A Moment of a step whose scene is a FixedMesh."""

    def __init__(self, step: Step, job_id: str, painter: Painter, drawn: DrawnMesh) -> None:
        assert isinstance(step.scene, FixedMeshScene), "a retexture job trains nothing but a fixed mesh"
        self._step, self._scene, self._job_id = step, step.scene, job_id
        self._painter, self._drawn = painter, drawn
        self.phase, self.index, self.ends_phase = step.phase.name, step.index, step.ends_phase

    def losses(self) -> dict[str, float]:
        return {name: float(value) for name, value in self._step.losses.items()}

    def snapshot(self, sequence: int, max_faces: int, max_texture: int = 0) -> MeshSnapshot | TextureSnapshot | None:
        """The texture alone, or for who cannot show one the mesh with colours at its vertices."""
        if max_texture:
            side = min(max_texture, LIVE_SIDE.get(self._scene.device.type, LIVE_SIDE["cpu"]))
            image = self._painter.live(self._colours(), side)
            return TextureSnapshot(self._job_id, sequence, self.phase, self.index, image)
        vertices, placed, faces = self._drawn.at_most(max_faces)
        colours = np.full((len(vertices), 4), 255, np.uint8)
        colours[:, :3] = (self._colours().now(placed) * 255 + 0.5).clip(0, 255)
        return MeshSnapshot(self._job_id, sequence, self.phase, self.index, 1, vertices, faces, colours)

    def textured(self) -> Iterator[float | TexturedMesh]:
        return self._painter.finished(self._colours())

    def save(self, folder: Path) -> None:
        save_step(self._step, folder)

    def _colours(self) -> Colours:
        scene = self._scene
        before = None if scene.before is None else _asked(scene.albedo_before, scene.device)
        return Colours(_asked(scene.albedo, scene.device), before)


def _asked(albedo: Callable[[Float[Tensor, "P 3"]], Float[Tensor, "P 3"]], device: torch.device) -> Field:
    """A scene's colours as a function of points in numpy."""

    def field(points: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return albedo(torch.from_numpy(np.ascontiguousarray(points)).to(device)).float().cpu().numpy()

    return field
