"""The bound losses of one phase: which are due, what they weigh, and what happens to a broken gradient."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..models.protocols import Condition, Signal
from .condition import StageZero
from .condition_readers import readers_at_hand
from .losses.score_distillation import CDS, SDS, BoundSDS
from .losses.surface import LaplacianSmoothness
from .losses.term import BoundLoss, Loss, SeenByNetwork, ViewName
from .recipe import Balanced, Phase, Weighted
from .remedies import NONE, Remedies
from .rendering.view import Channel
from .rendering.views import Views
from .representations.scene import GenerationFailed
from .runtime import Runtime
from .schedules import value_at

PATIENCE = 20
"""Steps in a row a loss may give non-finite gradients before the run stops."""

GRADIENT_DECAY = 0.95
"""Moving average of the unweighted gradient norms that balance weights."""


@dataclass(frozen=True)
class _Term:
    spec: Weighted
    view: ViewName
    loss: BoundLoss

    @property
    def name(self) -> str:
        return self.spec.loss.name


class Terms:
    """All losses of a phase that have what they need."""

    def __init__(self, phase: Phase, runtime: Runtime, stage_zero: StageZero) -> None:
        self._economy, self._device = runtime.economy, runtime.device
        shown, condition = runtime.showing(phase.planar_size), stage_zero.condition
        self.terms = [
            _Term(weighted, self._view(phase, weighted), _bound(weighted.loss, shown, condition, phase.guide))
            for weighted in phase.losses
            if stage_zero.is_reference_accepted or not weighted.loss.needs_reference
        ]
        self.guide = phase.guide
        self._weights = {term.name: term.spec.weight for term in self.terms}
        names = [term.name for term in self.terms]
        self._norms = {name: torch.zeros((), device=runtime.device) for name in names}
        self._uses = {name: torch.zeros((), device=runtime.device) for name in names}
        self._broken = {name: torch.zeros((), device=runtime.device) for name in names}

    @staticmethod
    def _view(phase: Phase, weighted: Weighted) -> ViewName:
        """Where the 3D-aware prior has no camera of its own, it shares the random views."""
        return "random" if weighted.loss.view == "stereo" and phase.stereo is None else weighted.loss.view

    def due(self, index: int, remedies: Remedies = NONE) -> list[_Term]:
        """The losses that are used in this step."""
        due = [term for term in self.terms if index % term.spec.every == 0]
        return due if index >= remedies.resting_until else [term for term in due if term.spec.loss.needs_reference]

    def channels(self, index: int, remedies: Remedies = NONE) -> dict[ViewName, frozenset[Channel]]:
        """What this step's views must show."""
        asked: dict[ViewName, frozenset[Channel]] = {}
        for term in self.due(index, remedies):
            asked[term.view] = asked.get(term.view, frozenset()) | term.spec.loss.channels(self.guide)
        return asked

    def accumulate(
        self, views: Views, index: int, progress: float, remedies: Remedies = NONE
    ) -> dict[str, Float[Tensor, ""]]:
        """Add every due loss's weighted gradients to the views; the unweighted losses, detached.

        Raises GenerationFailed once a loss has given non-finite gradients PATIENCE times in a row.
        """
        losses = {}
        for term in self.due(index, remedies):
            loss, gradients = self._shown(_remedied(term.loss, remedies), term.view, views, progress)
            is_finite = self._watch(term.name, gradients)
            weight = self._weight(term.name, progress)
            if term.name == LaplacianSmoothness.name:
                weight = weight * remedies.smoothing
            views.add(term.view, [g if g is None else torch.where(is_finite, weight * g, 0.0) for g in gradients])
            losses[term.name] = loss
        if index % PATIENCE == PATIENCE - 1:
            self._stop_if_broken()
        return losses

    def _shown(
        self, bound: BoundLoss, name: ViewName, views: Views, progress: float
    ) -> tuple[Float[Tensor, ""], list[Tensor | None]]:
        """A loss of a view, detached, and its gradients, by as many pictures at a time as the economy allows."""
        view = views[name]
        if not isinstance(bound, SeenByNetwork):
            loss = bound(view, progress)
            return loss.detach(), views.gradients(name, loss)
        total: Tensor | float = 0.0
        sums: list[Tensor | None] = []
        with self._economy.at_hand((bound.network,), self._device):
            for portion, share in self._economy.portions(view):
                loss = share * bound(portion, progress)
                gradients = views.gradients(name, loss)
                sums = [_sum(*pair) for pair in zip(sums, gradients, strict=True)] if sums else gradients
                total = total + loss.detach()
        assert isinstance(total, Tensor)
        return total, sums

    def _watch(self, name: str, gradients: list[Tensor | None]) -> Tensor:
        """Whether all gradients are finite, as bool on the device; keeps count of those that are not, and of norms."""
        present = [gradient for gradient in gradients if gradient is not None]
        if not present:
            return torch.ones_like(self._uses[name], dtype=torch.bool)
        norm = torch.stack([gradient.norm() for gradient in present]).norm()
        # From the elements: the norm of large finite gradients may itself overflow.
        is_finite = torch.stack([gradient.isfinite().all() for gradient in present]).all()
        average = torch.where(self._uses[name] > 0, self._norms[name].lerp(norm, 1 - GRADIENT_DECAY), norm)
        self._norms[name].copy_(torch.where(norm.isfinite(), average, self._norms[name]))
        self._uses[name].add_(norm.isfinite().float())
        self._broken[name].copy_(torch.where(is_finite, torch.zeros_like(norm), self._broken[name] + 1))
        return is_finite

    def _weight(self, name: str, progress: float) -> float | Tensor:
        """The weight now, as a number or (balanced) as a scalar on the device."""
        spec = self._weights[name]
        if not isinstance(spec, Balanced):
            return value_at(spec, progress)
        aim = spec.ratio * self._weight(spec.to, progress) * self._norms[spec.to]
        weight = (aim / self._norms[name].clamp_min(1e-12)).clamp(spec.low, spec.high)
        return torch.where(self._uses[name] > spec.warm_up, weight, torch.full_like(weight, spec.start))

    def _stop_if_broken(self) -> None:
        for name, count in self._broken.items():
            if count >= PATIENCE:
                raise GenerationFailed(
                    f"loss {name} gave no finite gradient for {PATIENCE} steps; try another seed or a lower weight"
                )

    def state_dict(self) -> dict[str, Tensor]:
        """Tensors as "<term>/<name>"."""
        counters = self._counters().items()
        return {f"{name}/{kind}": value for kind, values in counters for name, value in values.items()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        for kind, values in self._counters().items():
            for name, value in values.items():
                value.copy_(state[f"{name}/{kind}"])

    def _counters(self) -> dict[str, dict[str, Tensor]]:
        return {"norm": self._norms, "uses": self._uses, "broken": self._broken}


def _bound(loss: Loss, runtime: Runtime, condition: Condition, guide: Signal) -> BoundLoss:
    """The loss for this run; of the networks, only the prior that has to read the condition is called for."""
    if not isinstance(loss, SDS | CDS):
        return loss.bind(runtime, condition, guide)
    prior = runtime.prior(loss.prior)
    with runtime.economy.at_hand((prior,), runtime.device), readers_at_hand(prior, runtime.device):
        return loss.bind(runtime, condition, guide)


def _remedied(loss: BoundLoss, remedies: Remedies) -> BoundLoss:
    if remedies.guidance_limit is not None and isinstance(loss, BoundSDS):
        return loss.limited(remedies.guidance_limit)
    return loss


def _sum(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    return other if one is None else one if other is None else one + other
