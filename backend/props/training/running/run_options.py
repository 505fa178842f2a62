"""What the command line of every single training has."""

from dataclasses import dataclass, field

from .allowed_numbers import require_at_least
from .hardware import Hardware
from .run import Budget


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Raises ValueError for numbers that no training can have, and for --resume together with --restart."""

    budget: Budget = field(default_factory=Budget)
    hardware: Hardware = field(default_factory=Hardware)
    batch: int = 32
    """Examples in one step."""
    resume: bool = False
    """Go on from the checkpoint, whose time counts; where there is none yet, begin."""
    restart: bool = False
    """Delete the checkpoint and the curve of an earlier training in the same folder, and begin at step 0."""
    seed: int = 0
    """Decides the first weights and everything that is drawn."""

    def __post_init__(self) -> None:
        require_at_least("batch", self.batch, 1)
        require_at_least("seed", self.seed, 0)
        if self.resume and self.restart:
            raise ValueError("--resume and --restart were both given; --resume goes on, --restart begins again")
