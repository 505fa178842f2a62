"""What a job may begin with instead of nothing: a mesh of the client's own, or a checkpoint of another job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

from .mesh import SourceMesh

LARGEST_MASK_BORDER = 256
MOST_EXTRA_STEPS = 20_000


@dataclass(frozen=True)
class Retexture:
    """New colours on a shape that stays as it is, at its own texture coordinates; only the texture phase runs.

    mesh: must have uvs.  strength: above 0 (a tint of what is there) to 1 (new).  width, height: of the texture in
    pixels; an albedo or a mask of the mesh has the same.  mask_border: texels inside the mask over which old colours
    pass into new ones.
    """

    mesh: SourceMesh
    strength: float = 1.0
    width: int = 1024
    height: int = 1024
    mask_border: int = 8


@dataclass(frozen=True)
class Refine:
    """A rough shape as the start of the geometry phase.

    keep: from 0 (a mere hint) to 1 (its outline from every side stays).
    """

    mesh: SourceMesh
    keep: float = 0.5


@dataclass(frozen=True)
class Continue:
    """Go on from a checkpoint of a job: with the same request bit for bit as it did, with another as another branch.

    checkpoint: a name from ``Checkpoints``; empty is the newest.  more_steps: further ones of the last phase that runs.
    mesh: the job's shape as edited by hand, which takes the place of the checkpoint's; only the texture phase follows.
    """

    job_id: str
    checkpoint: str = ""
    more_steps: int = 0
    mesh: SourceMesh | None = None


StartingPoint = Union[Retexture, Refine, Continue]
