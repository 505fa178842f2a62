"""The seam between a worker and what it runs: the real generator (``xbind_engine``) or the fake one.

Nothing here imports torch, so the server's process and quick tests can use it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..shared.mesh import MeshSnapshot, TexturedMesh, TextureSnapshot
from ..shared.messages import CutOut, Submit
from .worker_messages import Memory


@dataclass(frozen=True)
class PhasePlan:
    """A phase of a job: how many steps, and what one costs relative to the other phases' steps."""

    name: str
    steps: int
    cost: float = 1.0


@dataclass(frozen=True)
class Plan:
    """What a job will do; ``finish_cost`` is what unwrapping and painting cost, in the same unit as the steps."""

    phases: tuple[PhasePlan, ...]
    finish_cost: float = 0.0


@dataclass(frozen=True)
class Stage:
    """Work before the first step; fraction in [0, 1].

    notice: a sentence that the artist is to see from here on until the job ends; empty leaves the one before.
    """

    what: str
    fraction: float
    notice: str = ""


class Moment(Protocol):
    """A running job between two steps, and what may be asked of it there."""

    @property
    def phase(self) -> str: ...
    @property
    def index(self) -> int: ...
    @property
    def ends_phase(self) -> bool: ...

    def losses(self) -> dict[str, float]:
        """The step's losses; reading them waits for the device."""
        ...

    def snapshot(self, sequence: int, max_faces: int, max_texture: int = 0) -> MeshSnapshot | TextureSnapshot | None:
        """The object as it is now, or None while there is no surface yet.

        Where only its texture changes, that alone, if ``max_texture``, in pixels a side, is not 0.
        """
        ...

    def textured(self) -> Iterator[float | TexturedMesh]:
        """Finish the object: fractions while it is unwrapped and baked, and last the mesh."""
        ...

    def save(self, folder: Path) -> None:
        """Write a checkpoint from which ``Engine.run`` can go on."""
        ...


class Engine(Protocol):
    """Something that turns a request into moments. ``load`` is called before anything else and may be called again."""

    @property
    def device(self) -> str: ...
    @property
    def kernels(self) -> str: ...

    def load(self) -> None:
        """Load models. Raises FileNotFoundError naming what is missing."""
        ...

    def unload(self) -> None:
        """Give the models' memory back; ``load`` or ``run`` loads them again."""
        ...

    def memory(self) -> Memory:
        """Of its device, as it is now."""
        ...

    def plan(self, submit: Submit, source: Path | None = None) -> Plan:
        """The phases this request will run, and the finish. source: as of ``run``."""
        ...

    def relieve(self) -> str | None:
        """Memory ran out: give something up for the rest of this job; what, for the artist, or None if nothing is left.

        ``run`` is called again afterwards.
        """
        ...

    def run(
        self, job_id: str, submit: Submit, checkpoint: Path | None, source: Path | None = None
    ) -> Iterator[Stage | CutOut | Moment]:
        """Run it, from this folder's checkpoint if it has one. Raises ValueError for a prompt it cannot use.

        source: the folder with the checkpoints of the job that ``submit.source`` goes on from.
        """
        ...
