"""The bound losses of one phase: which are due, what they weigh, and what happens to a broken gradient."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from .condition import StageZero
from .losses.term import BoundLoss, ViewName
from .recipe import Balanced, Phase, Weighted
from .rendering.view import Channel
from .rendering.views import Views
from .representations.scene import GenerationFailed
from .runtime import Runtime
from .schedules import value_at

PATIENCE = 20
"""Steps in a row a loss may give non-finite gradients before the run stops."""

GRADIENT_DECAY = 0.95
"""Moving average of gradient norms for balanced weights."""


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
        self.terms = [
            _Term(weighted, self._view(phase, weighted), weighted.loss.bind(runtime, stage_zero.condition, phase.guide))
            for weighted in phase.losses
            if stage_zero.is_reference_accepted or not weighted.loss.needs_reference
        ]
        self.guide = phase.guide
        names = [term.name for term in self.terms]
        self._norms = {name: torch.zeros((), device=runtime.device) for name in names}
        self._uses = {name: torch.zeros((), device=runtime.device) for name in names}
        self._broken = {name: torch.zeros((), device=runtime.device) for name in names}

    @staticmethod
    def _view(phase: Phase, weighted: Weighted) -> ViewName:
        """Where the 3D-aware prior has no camera of its own, it shares the random views."""
        return "random" if weighted.loss.view == "stereo" and phase.stereo is None else weighted.loss.view

    def due(self, index: int) -> list[_Term]:
        """The losses that are used in this step."""
        return [term for term in self.terms if index % term.spec.every == 0]

    def channels(self, index: int) -> dict[ViewName, frozenset[Channel]]:
        """What this step's views must show."""
        asked: dict[ViewName, frozenset[Channel]] = {}
        for term in self.due(index):
            asked[term.view] = asked.get(term.view, frozenset()) | term.spec.loss.channels(self.guide)
        return asked

    def accumulate(self, views: Views, index: int, progress: float) -> dict[str, Float[Tensor, ""]]:
        """Add every due loss's weighted gradients to the views; the unweighted losses, detached."""
        losses = {}
        for term in self.due(index):
            loss = term.loss(views[term.view], progress)
            gradients = views.gradients(term.view, loss)
            weight = self._weight(term, gradients, progress)
            views.add(term.view, self._repaired(term.name, gradients, weight))
            losses[term.name] = loss.detach()
        if index % PATIENCE == PATIENCE - 1:
            self._stop_if_broken()
        return losses

    def _weight(self, term: _Term, gradients: list[Tensor | None], progress: float) -> float | Tensor:
        """The term's weight now, as a number or (balanced) as a scalar on the device."""
        spec, norm = term.spec.weight, _norm(gradients, self._norms[term.name])
        weight: float | Tensor
        if isinstance(spec, Balanced):
            ratio = spec.ratio * self._norms[spec.to] / norm.clamp_min(1e-12)
            is_warm = self._uses[term.name] >= spec.warm_up
            weight = torch.where(is_warm, ratio.clamp(spec.low, spec.high), torch.full_like(ratio, spec.start))
        else:
            weight = value_at(spec, progress)
        average = self._norms[term.name].lerp(torch.nan_to_num(norm * weight, 0.0, 0.0, 0.0), 1 - GRADIENT_DECAY)
        self._norms[term.name].copy_(torch.where(self._uses[term.name] > 0, average, norm * weight))
        self._uses[term.name].add_(1)
        return weight

    def _repaired(self, name: str, gradients: list[Tensor | None], weight: float | Tensor) -> list[Tensor | None]:
        """Weighted gradients, all zero for this step if any is not finite."""
        present = [gradient for gradient in gradients if gradient is not None]
        if not present:
            return gradients
        is_finite = torch.stack([gradient.isfinite().all() for gradient in present]).all()
        self._broken[name].copy_(torch.where(is_finite, torch.zeros_like(self._broken[name]), self._broken[name] + 1))
        return [None if g is None else torch.where(is_finite, weight * g, torch.zeros_like(g)) for g in gradients]

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


def _norm(gradients: list[Tensor | None], like: Tensor) -> Tensor:
    present = [gradient.norm() for gradient in gradients if gradient is not None]
    return torch.stack(present).norm() if present else torch.zeros_like(like)
