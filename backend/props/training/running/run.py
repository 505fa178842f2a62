"""One resumable training run: its budget, learning rate, averaged weights, checkpoints and curve."""

import json
import math
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import torch
from torch import nn

from .allowed_numbers import require_at_least, require_more_than_0
from .chance import Chance
from .progress import progress

CHECKPOINT_FILE, CURVE_FILE = "checkpoint.pt", "curve.jsonl"

_CURVE_EVERY = 50
_LONGEST_UNSAVED_SECONDS = 120.0
_LARGEST_UNSAVED_SHARE = 0.05


@dataclass(frozen=True)
class Budget:
    """How long to train, and how fast."""

    minutes: float = 10.0
    """Minutes of training, all resumed parts together; ignored where steps are given."""
    steps: int | None = None
    """Steps in all, instead of minutes."""
    learning_rate: float = 1e-3
    """The highest one: it rises over the first steps, then falls along a cosine to 3 % of this at the end."""
    warm_up: int = 100
    """Steps over which the learning rate rises."""
    ema_decay: float = 0.997
    """How slowly the averaged weights, the ones that are exported, follow the trained ones."""

    def __post_init__(self) -> None:
        require_more_than_0("minutes", self.minutes)
        require_more_than_0("learning-rate", self.learning_rate)
        require_at_least("warm-up", self.warm_up, 1)
        if self.steps is not None:
            require_at_least("steps", self.steps, 1)
        if not 0.0 <= self.ema_decay < 1.0:
            raise ValueError(f"--ema-decay: got {self.ema_decay}; allowed is 0 up to, but not, 1")

    def share_done(self, step: int, seconds: float) -> float:
        """How much of the budget is used, 0 at the start and 1 or more when the run must stop."""
        if self.steps is not None:
            return step / self.steps
        return seconds / (60.0 * self.minutes)

    @property
    def save_every_seconds(self) -> float:
        """Two minutes, or a twentieth of a short budget: an interruption may not cost more."""
        if self.steps is not None:
            return _LONGEST_UNSAVED_SECONDS
        return min(_LONGEST_UNSAVED_SECONDS, _LARGEST_UNSAVED_SHARE * 60.0 * self.minutes)

    def rate_at(self, step: int, share: float) -> float:
        """The learning rate of a step."""
        cosine = 0.03 + 0.97 * 0.5 * (1.0 + math.cos(math.pi * min(share, 1.0)))
        return self.learning_rate * cosine * min(1.0, (step + 1) / self.warm_up)


class TrainingRun:
    """Drives an optimiser over a module and keeps `folder`/checkpoint.pt and `folder`/curve.jsonl.

    chance: where the training draws from. Its state is part of the checkpoint, so that a run of a number of steps comes
    out the same however often it was resumed; torch's own randomness (dropout) is seeded anew by the step.
    A SIGTERM or an interrupt ends the program after the current step, with a checkpoint written to resume from.
    The averaged weights are in `averaged`, a state dict of the module's floating-point parameters.
    """

    def __init__(self, module: nn.Module, folder: Path, budget: Budget, resume: bool, chance: Chance) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._module, self._folder, self._budget, self._chance = module, folder, budget, chance
        self._optimizer = torch.optim.AdamW(module.parameters(), betas=(0.9, 0.99), weight_decay=0.01, fused=True)
        self.step, self._seconds, self._stopped = 0, 0.0, False
        self.averaged = {name: value.detach().clone() for name, value in module.named_parameters()}
        if resume and self._checkpoint.exists():
            self._restore()

    @property
    def _checkpoint(self) -> Path:
        return self._folder / CHECKPOINT_FILE

    def steps(self, title: str) -> Iterator[int]:
        """Yield step numbers until the budget is spent, showing progress."""
        earlier = {name: signal.signal(name, self._on_signal) for name in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield from self._until_spent(title)
        finally:
            for name, handler in earlier.items():
                signal.signal(name, handler)
        self.save()
        if self._stopped:
            raise SystemExit(f"stopped at step {self.step}; go on with --resume")

    def _until_spent(self, title: str) -> Iterator[int]:
        began, saved, before, first = time.monotonic(), time.monotonic(), self._seconds, self.step
        kept = share = self._budget.share_done(self.step, self._seconds)
        with progress(title) as report:
            while share < 1.0 and not self._stopped:
                for group in self._optimizer.param_groups:
                    group["lr"] = self._budget.rate_at(self.step, share)
                torch.manual_seed(self.step)
                yield self.step
                self.step += 1
                self._seconds = before + time.monotonic() - began
                share = self._budget.share_done(self.step, self._seconds)
                if time.monotonic() - saved > self._budget.save_every_seconds:
                    self.save()
                    kept, saved = share, time.monotonic()
                speed = (self.step - first) / max(self._seconds - before, 1e-9)
                report(share, f"step {self.step}, {speed:.1f} a second", kept)

    def descend(self, loss: torch.Tensor, **measured: torch.Tensor) -> None:
        """One optimiser step down `loss`; a line of the curve with the scalars `measured` every 50 steps.

        Raises FloatingPointError where the curve meets a loss that is no number.
        """
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._module.parameters(), 1.0)
        self._optimizer.step()
        decay = min(self._budget.ema_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            current: list[torch.Tensor] = [value for _, value in self._module.named_parameters()]
            torch._foreach_lerp_(list(self.averaged.values()), current, 1.0 - decay)
        if self.step % _CURVE_EVERY == 0:
            self._write_curve(
                {"loss": float(loss.detach()), **{name: float(value) for name, value in measured.items()}}
            )

    def save(self) -> None:
        """Write the checkpoint; a reader never sees half of one."""
        state = {
            "module": self._module.state_dict(),
            "averaged": self.averaged,
            "optimizer": self._optimizer.state_dict(),
            "chance": self._chance.state_dict(),
            "step": self.step,
            "seconds": self._seconds,
        }
        partial = self._folder / "checkpoint.partial"
        torch.save(state, partial)
        os.replace(partial, self._checkpoint)

    def load_averaged_into(self, module: nn.Module) -> None:
        """Give a module of the same architecture the averaged weights."""
        module.load_state_dict(module.state_dict() | self.averaged)

    def _restore(self) -> None:
        state = torch.load(self._checkpoint, weights_only=True, map_location="cpu")
        self._module.load_state_dict(state["module"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.averaged = {name: value.to(self._chance.device) for name, value in state["averaged"].items()}
        self._chance.load_state_dict(state["chance"])
        self.step, self._seconds = state["step"], state["seconds"]

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopped = True

    def _write_curve(self, values: dict[str, float]) -> None:
        if not math.isfinite(values["loss"]):
            raise FloatingPointError(
                f"the loss is {values['loss']} at step {self.step}; delete {self._folder} and choose a lower "
                "--learning-rate"
            )
        record = {"step": self.step, "seconds": round(self._seconds, 1)}
        record |= {name: round(value, 5) for name, value in values.items()}
        with (self._folder / CURVE_FILE).open("a") as file:
            file.write(json.dumps(record) + "\n")
