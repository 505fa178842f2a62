"""What the step loop needs of any 3D representation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from jaxtyping import Float
from torch import Tensor

from ..cameras import CameraBatch
from ..rendering.view import Channel, TriangleMesh, View
from .given_mesh import GivenMesh, RoughShape


class GenerationFailed(Exception):
    """The object cannot be finished; the message tells a person why and what to try."""


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that share a learning rate; ``name`` is what an optimiser spec calls them."""

    name: str
    parameters: tuple[Tensor, ...]


class Scene(Protocol):
    """An object being generated. Also a torch Module: its state_dict is what a checkpoint keeps."""

    def begin_step(self, index: int, progress: float) -> None:
        """Do what the representation does once per step, before anything is rendered."""
        ...

    def render(self, cameras: CameraBatch, channels: frozenset[Channel]) -> View:
        """A view with at least the asked channels, differentiable in what this phase trains."""
        ...

    def parameter_groups(self) -> Iterator[ParameterGroup]:
        """What this phase trains."""
        ...

    def extract(self, resolution: int | None = None) -> TriangleMesh:
        """The surface now, detached; None is the representation's own resolution."""
        ...

    def albedo(self, points: Float[Tensor, "P 3"]) -> Float[Tensor, "P 3"]:
        """Colour in [0, 1] at world points, detached."""
        ...

    def state_dict(self) -> dict[str, Tensor]: ...

    def load_state_dict(self, state: dict[str, Tensor]) -> object: ...


Previous = Scene | GivenMesh | RoughShape | None
"""What a phase may start from: the scene of the phase before, what the run was given, or nothing."""
