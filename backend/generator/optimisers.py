"""Optimisers as data, and Adan.

Symbols: g gradient | m, v, n moving averages of g, of its change, and of the squared look-ahead gradient
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from .representations.scene import GenerationFailed, Scene
from .schedules import Scheduled, value_at

PATIENCE = 20
"""Steps in a row without finite gradients before the run stops."""


@dataclass(frozen=True)
class LearningRates:
    """Rate of each parameter group (a scene's "grid", "mlp", "geometry")."""

    grid: Scheduled = 0.0
    mlp: Scheduled = 0.0
    geometry: Scheduled = 0.0

    def rate(self, group: str) -> Scheduled:
        return {"grid": self.grid, "mlp": self.mlp, "geometry": self.geometry}[group]

    def of(self, group: str, progress: float) -> float:
        return value_at(self.rate(group), progress)


@dataclass(frozen=True)
class Adam:
    """Adam; betas and eps of threestudio magic123-hifa-coarse-sd.yaml."""

    rates: LearningRates
    betas: tuple[float, float] = (0.9, 0.99)
    eps: float = 1e-8

    def bind(self, scene: Scene) -> "Updater":
        groups = _groups(scene, self.rates)
        return Updater(torch.optim.Adam(groups, betas=self.betas, eps=self.eps, fused=True), self.rates, None)


@dataclass(frozen=True)
class Adan:
    """Adan (Xie et al. 2022); numbers of Consistent3D consistency-refine.yaml."""

    rates: LearningRates
    betas: tuple[float, float, float] = (0.98, 0.92, 0.99)
    eps: float = 1e-8
    weight_decay: float = 2e-8
    max_norm: float | None = 5.0

    def bind(self, scene: Scene) -> "Updater":
        groups = _groups(scene, self.rates)
        return Updater(AdanOptimiser(groups, self.betas, self.eps, self.weight_decay), self.rates, self.max_norm)


def _groups(scene: Scene, rates: LearningRates) -> list[dict]:
    return [
        {"params": list(group.parameters), "lr": rates.of(group.name, 0.0), "name": group.name}
        for group in scene.parameter_groups()
    ]


class Updater:
    """One optimiser of one phase: sets the scheduled rates, clips by the global norm, steps, clears gradients."""

    def __init__(self, optimiser: torch.optim.Optimizer, rates: LearningRates, max_norm: float | None) -> None:
        self.optimiser, self.rates, self.max_norm = optimiser, rates, max_norm
        self.parameters = [p for group in optimiser.param_groups for p in group["params"]]
        self._broken, self._calls = torch.zeros(()), 0

    def forget(self) -> None:
        """Drop all moving averages: the parameters have been set to something else."""
        self.optimiser.state.clear()

    def step(self, progress: float, pace: float = 1.0) -> None:
        """Apply the accumulated gradients and clear them; ``pace`` multiplies every rate.

        If any gradient is not finite, all count as zero; after PATIENCE such steps in a row, GenerationFailed.
        """
        self._repair()
        for group in self.optimiser.param_groups:
            group["lr"] = pace * self.rates.of(group["name"], progress)
        if self.max_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.parameters, self.max_norm)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)

    def _repair(self) -> None:
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        if not gradients:
            return
        is_finite = torch.stack([gradient.isfinite().all() for gradient in gradients]).all()
        for parameter in self.parameters:
            if parameter.grad is not None:
                parameter.grad = torch.where(is_finite, parameter.grad, torch.zeros_like(parameter.grad))
        self._broken = torch.where(is_finite, 0.0, self._broken.to(is_finite.device) + 1)
        self._calls += 1
        # Read once in a while: reading it every step would stop an accelerator.
        if self._calls % PATIENCE == 0 and self._broken >= PATIENCE:
            raise GenerationFailed(f"the scene had no finite gradient for {PATIENCE} steps; try another seed")

    def state_dict(self) -> dict[str, Tensor]:
        """The optimiser's tensors as "<parameter number>.<name>"."""
        state = self.optimiser.state_dict()["state"]
        return {f"{n}.{key}": torch.as_tensor(value) for n, entry in state.items() for key, value in entry.items()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        by_parameter: dict[int, dict[str, Tensor]] = {}
        for key, value in state.items():
            number, name = key.split(".", 1)
            by_parameter.setdefault(int(number), {})[name] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": by_parameter, "param_groups": groups})


class AdanOptimiser(torch.optim.Optimizer):
    """Adan, Algorithm 1 of Xie et al. 2022 with the restart condition left out, as sail-sg/Adan ships it.

    At step k: d = g - g_prev (0 at first); m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) d;
    n = b3 n + (1 - b3) (g + b2 d)^2;
    x <- (x - lr (m / (1 - b1^k) + b2 v / (1 - b2^k)) / (sqrt(n / (1 - b3^k)) + eps)) / (1 + lr weight_decay).
    """

    def __init__(
        self, groups: Iterable[dict], betas: tuple[float, float, float], eps: float, weight_decay: float
    ) -> None:
        super().__init__(groups, {"lr": 0.0, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # no closure is ever needed
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, group)

    def _update(self, parameter: Tensor, gradient: Tensor, group: dict) -> None:
        state, (b1, b2, b3), rate = self.state[parameter], group["betas"], group["lr"]
        if not state:
            state["step"] = torch.zeros((), device=parameter.device)
            state.update({name: torch.zeros_like(parameter) for name in ("m", "v", "n")})
            state["previous"] = gradient.clone()
        # Read from a checkpoint, the count lies on the host; copied in every step, it would stop an accelerator.
        state["step"] = k = state["step"].to(parameter.device) + 1
        change = gradient - state["previous"]
        state["m"].lerp_(gradient, 1 - b1)
        state["v"].lerp_(change, 1 - b2)
        state["n"].lerp_((gradient + b2 * change).square_(), 1 - b3)
        state["previous"].copy_(gradient)
        direction = state["m"] / (1 - b1**k) + b2 * state["v"] / (1 - b2**k)
        parameter.sub_(rate * direction / ((state["n"] / (1 - b3**k)).sqrt() + group["eps"]))
        parameter.div_(1 + rate * group["weight_decay"])
