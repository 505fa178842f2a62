"""The randomness of one training run: seeded once and kept in checkpoints, so that a resumed run draws on."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


class Chance:
    """Draws tensors on one device, and words from ``words``, a numpy generator.

    What is drawn depends on the kind of device: a run is repeatable on the same kind only.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        self.words = np.random.default_rng(seed)
        self._numbers = torch.Generator(device).manual_seed(seed)

    def uniform(self, *shape: int) -> Float[Tensor, "..."]:
        """In [0, 1)."""
        return torch.rand(shape, generator=self._numbers, device=self.device)

    def between(self, low: float, high: float, *shape: int) -> Float[Tensor, "..."]:
        return low + (high - low) * self.uniform(*shape)

    def normal(self, *shape: int) -> Float[Tensor, "..."]:
        return torch.randn(shape, generator=self._numbers, device=self.device)

    def integers(self, high: int, *shape: int, low: int = 0) -> Int[Tensor, "..."]:
        """From low up to high, high left out."""
        return torch.randint(low, high, shape, generator=self._numbers, device=self.device)

    def happens(self, share: float, *shape: int) -> Bool[Tensor, "..."]:
        """True for this share of the elements."""
        return self.uniform(*shape) < share

    def state_dict(self) -> dict[str, Tensor | str | int]:
        words = self.words.bit_generator.state
        return {
            "numbers": self._numbers.get_state(),
            "words": str(words["state"]["state"]),
            "words_increment": str(words["state"]["inc"]),
            "has_half": words["has_uint32"],
            "half": words["uinteger"],
        }

    def load_state_dict(self, state: dict[str, Tensor | str | int]) -> None:
        numbers = state["numbers"]
        assert isinstance(numbers, Tensor)
        self._numbers.set_state(numbers.cpu())
        self.words.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {"state": int(state["words"]), "inc": int(state["words_increment"])},
            "has_uint32": state["has_half"],
            "uinteger": state["half"],
        }
