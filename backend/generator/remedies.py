"""What a run changes about itself when it goes wrong; decided by the guard, heeded by losses and optimiser."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Remedies:
    """Kept in checkpoints; the defaults change nothing.

    pace: factor of every learning rate.  smoothing: factor of the Laplacian's weight.  guidance_limit: largest
    guidance scale of score distillation, or None.  resting_until: before this step of the phase only the losses
    that compare with the reference view work.
    """

    pace: float = 1.0
    smoothing: float = 1.0
    guidance_limit: float | None = None
    resting_until: int = 0


NONE = Remedies()
