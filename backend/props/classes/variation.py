"""The continuous small differences between two props of one class."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Variation:
    """Draws the free numbers of one prop, and says how the whole will be stretched afterwards.

    rng: None takes the middle of every range, which gives the canonical member of a class.
    width, height: factors that the finished parts get in x, y and in z; round details may undo them.
    """

    rng: np.random.Generator | None
    width: float = 1.0
    height: float = 1.0

    def between(self, low: float, high: float) -> float:
        """A uniform number in [low, high]."""
        return 0.5 * (low + high) if self.rng is None else float(self.rng.uniform(low, high))

    def happens(self, probability: float) -> bool:
        """True with this probability; the canonical prop takes the likelier answer."""
        return probability > 0.5 if self.rng is None else bool(self.rng.random() < probability)
