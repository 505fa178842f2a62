"""Teach a field the colours that a surface has already, so that they can be changed instead of replaced."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from .condition import Preparing
from .representations.fixed_mesh import FixedMeshScene
from .representations.given_mesh import SurfaceColours
from .runtime import Runtime

REPORTED_EVERY = 10

UNSATURATED = 4.0
"""Of the field's output before its sigmoid, whose gradient beyond is too small for a colour to come back from there."""


@dataclass(frozen=True)
class ColourFit:
    """Adam on the mean squared error of ``batch`` random points a step, at rates that fall to ``last_share``.

    Half a second of one CPU core with the built-in field. Root mean square errors after it are 3 of 255 for a checked
    cube and 11 for a wooden chair, whose grain is finer than the field; slower rates leave 13 to 19.
    """

    steps: int = 150
    batch: int = 2048
    grid_rate: float = 0.1
    mlp_rate: float = 0.01
    last_share: float = 0.1


def fit_colours(
    scene: FixedMeshScene, known: SurfaceColours, runtime: Runtime, fit: ColourFit | None = None
) -> Iterator[Preparing]:
    """Make the scene's field say these colours, and remember them as those before; yields within a tenth of a second.

    The field must be trainable. Deterministic: points are drawn from the run's stream "colour fit".
    """
    fit = fit or ColourFit()
    field, draws = scene.field, runtime.rng("colour fit")
    groups = [
        {"params": list(field.grid.parameters()), "lr": fit.grid_rate},
        {"params": list(field.albedo_mlp.parameters()), "lr": fit.mlp_rate},
    ]
    optimiser = torch.optim.Adam(groups, betas=(0.9, 0.99), fused=True)
    falling = torch.optim.lr_scheduler.ExponentialLR(optimiser, fit.last_share ** (1 / fit.steps))
    for step in range(fit.steps):
        if step % REPORTED_EVERY == 0:
            yield Preparing("learning the present colours", step / fit.steps)
        # Not around the loop: the caller runs while this waits in a yield.
        with torch.enable_grad():
            some = torch.randint(len(known.points), (fit.batch,), generator=draws, device=runtime.device)
            raw = field.albedo_mlp(field.code(known.points[some]))
            error = (raw.sigmoid() - known.colours[some]).square().mean()
            (error + (raw.abs() - UNSATURATED).relu().square().mean()).backward()
        optimiser.step()
        falling.step()
        optimiser.zero_grad(set_to_none=True)
    scene.remember()
