"""When a run has gone wrong and should stop with a reason instead of finishing with nothing."""

import torch
from jaxtyping import Float
from torch import Tensor

from .condition import StageZero
from .recipe import Phase
from .rendering.view import View
from .rendering.views import Views
from .representations.nerf import NeRF
from .representations.scene import GenerationFailed

PATIENCE = 20
"""Steps in a row without any visible object before phase I stops."""

JUDGED_AT = 0.2
"""Fraction of phase I after which its outline must resemble the reference mask."""

INSIDE, OUTSIDE = 0.5, 0.95
"""Least mean opacity inside the reference mask, and largest outside of it."""


class Guard:
    """Watches phase I; the mesh phases fail by themselves, when the surface vanishes."""

    def __init__(self, phase: Phase, stage_zero: StageZero) -> None:
        self.is_watching = isinstance(phase.start, NeRF)
        self.judged_step = round(JUDGED_AT * phase.steps)
        self.mask = stage_zero.condition.reference_mask if stage_zero.is_reference_accepted else None
        self._empty: Float[Tensor, ""] | None = None

    def watch(self, views: Views, index: int) -> None:
        """Look at this step's views. Raises GenerationFailed."""
        if not self.is_watching:
            return
        if (random := views.rendered("random")) is not None:
            self._count_empty(random, index)
        if self.mask is not None and index >= self.judged_step:
            reference = views.rendered("reference")
            if reference is not None:
                self._judge_outline(reference, self.mask)
                self.mask = None

    def _count_empty(self, view: View, index: int) -> None:
        assert view.alpha is not None, "phase I was rendered without alpha"
        is_empty = (view.alpha.detach().amax() <= 0.5).float()
        # Kept on the device and read once in a while: reading it every step would stop an accelerator.
        self._empty = is_empty if self._empty is None else (self._empty + 1) * is_empty
        if index % PATIENCE == PATIENCE - 1 and self._empty >= PATIENCE - 1:
            raise GenerationFailed(f"the object disappeared for {PATIENCE} steps of phase I; try another seed")

    def _judge_outline(self, view: View, reference_mask: Float[Tensor, "1 1 H W"]) -> None:
        assert view.alpha is not None, "phase I was rendered without alpha"
        alpha = view.alpha.detach()
        mask = torch.nn.functional.interpolate(reference_mask, size=alpha.shape[-2:], mode="area") > 0.5
        inside, outside = alpha[mask].mean(), alpha[~mask].mean()
        if inside < INSIDE:
            raise GenerationFailed(f"phase I found only {inside:.0%} of the reference view's object; try another seed")
        if outside > OUTSIDE:
            raise GenerationFailed(f"phase I filled {outside:.0%} of the background with fog; try another seed")
