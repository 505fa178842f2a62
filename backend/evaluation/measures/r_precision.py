"""R-precision: how often a picture's own prompt is the nearest of a pool (Park et al. 2021; Poole et al. 2022)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

from ...models.protocols import JointEncoder


@dataclass(frozen=True)
class Retrieval:
    """precision: share of views that retrieve the prompt. group_precision: share that retrieve one of its group.

    cosine: mean similarity of the views to the prompt.
    """

    precision: float
    group_precision: float
    cosine: float


@dataclass(frozen=True)
class PromptPool:
    """The prompts that compete, with their unit embeddings [N, E] and the group (say, the class) of each."""

    prompts: tuple[str, ...]
    groups: tuple[str, ...]
    embeddings: Float[Tensor, "N E"]

    @staticmethod
    def embedded(encoder: JointEncoder, prompts: Sequence[str], groups: Sequence[str]) -> "PromptPool":
        """Embed a pool once. Raises ValueError for a prompt that appears twice."""
        if len(set(prompts)) != len(prompts):
            raise ValueError("a prompt appears twice in the pool, so that retrieval is ambiguous; remove one")
        return PromptPool(tuple(prompts), tuple(groups), encoder.embed_text(list(prompts)).float().cpu())

    def retrieve(self, views: Float[Tensor, "V E"], prompt: str) -> Retrieval:
        """Judge embedded views of one object. Raises ValueError for a prompt outside the pool."""
        if prompt not in self.prompts:
            raise ValueError(f"the pool of {len(self.prompts)} prompts does not hold {prompt!r}; add it")
        target = self.prompts.index(prompt)
        cosines = views @ self.embeddings.T
        nearest = cosines.argmax(dim=1).numpy()
        groups = np.array(self.groups)
        return Retrieval(
            precision=float((nearest == target).mean()),
            group_precision=float((groups[nearest] == groups[target]).mean()),
            cosine=float(cosines[:, target].mean()),
        )
