"""Where a client's mesh stands and where the generator looks at it; kept with a job that began with one."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ..durable_file import replaced
from ..generator.rendering.view import TriangleMesh
from ..snapshot import NamedPhase, Scene

FILE = "placement.json"


@dataclass(frozen=True)
class Placement:
    """placed = (client's - middle) * scale. The default leaves everything where it is."""

    middle: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: float = 1.0

    def placed(self, vertices: np.ndarray) -> np.ndarray:
        """The client's vertices f32[V, 3] where the generator wants them."""
        return ((vertices - np.array(self.middle)) * self.scale).astype(np.float32)

    def save(self, folder: Path) -> None:
        """Keep it in a job's folder; nothing is written where nothing is moved."""
        if self != STAYING:
            with replaced(folder / FILE) as path:
                path.write_text(json.dumps(asdict(self)), "utf-8")


STAYING = Placement()


def placement_in(folder: Path) -> Placement:
    """What a job's folder keeps. Raises ValueError naming a file that is damaged."""
    path = folder / FILE
    if not path.is_file():
        return STAYING
    try:
        kept = json.loads(path.read_text("utf-8"))
        x, y, z = (float(value) for value in kept["middle"])
        return Placement((x, y, z), float(kept["scale"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"the placement of a job at {path} cannot be read: {error}") from error


class ClientsScene:
    """A scene where the client has it, for who makes meshes of it."""

    def __init__(self, scene: Scene, placement: Placement) -> None:
        self._scene, self._placement = scene, placement

    def extract(self) -> TriangleMesh:
        surface = self._scene.extract()
        return TriangleMesh(surface.vertices / self._placement.scale + self._middle(surface.vertices), surface.faces)

    def albedo(self, points: Float[Tensor, "P 3"]) -> Float[Tensor, "P 3"]:
        return self._scene.albedo((points - self._middle(points)) * self._placement.scale)

    def _middle(self, like: Tensor) -> Float[Tensor, "3"]:
        return torch.tensor(self._placement.middle, device=like.device, dtype=like.dtype)


@dataclass(frozen=True)
class ClientsStep:
    """What a snapshot needs of a step, its scene where the client has it."""

    phase: NamedPhase
    index: int
    scene: Scene
