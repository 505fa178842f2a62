"""A job between two steps, whose result is a new object: a look at it, the finished mesh, its checkpoint."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...shared.mesh import MeshSnapshot, TexturedMesh
from ..generator.finishable import finishable
from ..generator.generate import Step
from ..snapshot import EmptySurfaceError, Scene, SnapshotTaker, textured
from ..step_saving import save_step
from .placement import STAYING, ClientsScene, ClientsStep, Placement


@dataclass(frozen=True)
class Finishing:
    """texture_size: pixels a side.  smoothing: rounds of finishing.smooth."""

    texture_size: int
    max_faces: int
    smoothing: int


class ObjectMoment:
    """A Moment made of one of the generator's steps."""

    def __init__(self, step: Step, taker: SnapshotTaker, finishing: Finishing, placement: Placement = STAYING) -> None:
        self._step, self._taker, self._finishing, self._placement = step, taker, finishing, placement
        self.phase, self.index, self.ends_phase = step.phase.name, step.index, step.ends_phase

    def losses(self) -> dict[str, float]:
        return {name: float(value) for name, value in self._step.losses.items()}

    def snapshot(self, sequence: int, max_faces: int, max_texture: int = 0) -> MeshSnapshot | None:
        step = ClientsStep(self._step.phase, self.index, self._clients(self._step.scene))
        try:
            return self._taker.take(step, sequence, max_faces)
        except EmptySurfaceError:
            return None

    def textured(self) -> Iterator[float | TexturedMesh]:
        scene, how = self._clients(finishable(self._step)), self._finishing
        return textured(scene, how.texture_size, how.max_faces, how.smoothing)

    def save(self, folder: Path) -> None:
        self._placement.save(folder)
        save_step(self._step, folder)

    def _clients(self, scene: Scene) -> Scene:
        """Not even a rounding error where nothing is moved."""
        return scene if self._placement == STAYING else ClientsScene(scene, self._placement)
