"""When a run goes wrong: what is put right on the way, and what stops it with a reason instead of with nothing.

The published codes lack all of these. Counts stay on the device and are read once in a while: reading them every step
would stop an accelerator.
"""

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from .condition import StageZero
from .losses.score_distillation import SDS
from .optimisers import Updater
from .recipe import Phase
from .remedies import NONE, Remedies
from .rendering.view import View
from .rendering.views import Views
from .representations.dmtet import DmtetScene
from .representations.nerf import NerfScene
from .representations.scene import GenerationFailed, Scene
from .schedules import highest

PATIENCE = 20
"""Steps in a row without any visible object before phase I begins anew."""

RESTARTS_BEFORE = 0.5
"""Fraction of phase I after which too little of it is left to begin anew."""

BLOB_GROWTH = 1.2
"""The new beginning's ball over the first one's: 0.5 becomes 0.6."""

REFERENCE_ONLY = 0.04
"""Fraction of the phase that a new beginning spends on the reference view alone: 200 of 5000 steps."""

JUDGED_AT = 0.2
"""Fraction of phase I (1000 of 5000 steps) after which its outline must resemble the reference mask."""

INSIDE, OUTSIDE = 0.5, 0.95
"""Least mean opacity inside the reference mask, and largest outside of it."""

CHECKED_EVERY = 100
"""Steps between two looks at a mesh's size, and between two copies of its surface."""

MOST_FACES = 400_000
"""A mesh of more is crumpled: smoothing doubles."""

SLOWER = 0.3
"""What a vanished surface does to the learning rate."""

MOST_RESCUES = 3
"""Vanished surfaces in one phase before the run stops."""

MOST_SATURATION = 0.9
"""Mean HSV saturation of the object above which colours count as burnt."""

BURNT_FOR = 0.1
"""Fraction of a phase in a row that colours may be burnt: 500 of 5000 steps."""

LOWERED_GUIDANCE = 50.0
"""The guidance scale of burnt colours."""


@dataclass(frozen=True)
class GuardState:
    """What a checkpoint keeps of a guard."""

    remedies: Remedies = NONE
    empty: int = 0
    burnt: int = 0
    rescues: int = 0
    judged_step: int = 0


class Guard:
    """Watches one phase; ``remedies`` says what the rest of the step loop must heed now."""

    def __init__(self, phase: Phase, stage_zero: StageZero, scene: Scene, updater: Updater) -> None:
        self.remedies = NONE
        self._phase, self._scene, self._updater = phase, scene, updater
        self._mask = stage_zero.condition.reference_mask if stage_zero.is_reference_accepted else None
        # So few steps as this show nothing yet, whatever their share of a short run is.
        self._judged_step = max(PATIENCE, round(JUDGED_AT * phase.steps))
        self._empty = self._burnt = torch.zeros(())
        self._rescues = 0
        self._kept: tuple[Tensor, Tensor] | None = None
        self._may_burn = phase.guide == "rgb" and any(
            isinstance(weighted.loss, SDS) and highest(weighted.loss.guidance_scale) > LOWERED_GUIDANCE
            for weighted in phase.losses
        )

    def before_step(self, index: int) -> None:
        """Look after a mesh before it is drawn. Raises GenerationFailed if its surface is beyond rescue."""
        scene = self._scene
        if not isinstance(scene, DmtetScene):
            return
        faces = scene.face_count()
        if not faces:
            self._rescue(scene)
        elif scene.is_moving and (self._kept is None or index % CHECKED_EVERY == 0):
            self._kept = scene.shape_now()
            if faces > MOST_FACES:
                self.remedies = replace(self.remedies, smoothing=2 * self.remedies.smoothing)

    def after_step(self, views: Views, index: int) -> None:
        """Look at this step's pictures, once its gradients are used. Raises GenerationFailed if beyond help."""
        random, reference = views.rendered("random"), views.rendered("reference")
        if self._may_burn and random is not None:
            self._count_burnt(random, index)
        if not isinstance(self._scene, NerfScene):
            return
        if random is not None:
            self._count_empty(random, self._scene, index)
        # An object that is missing altogether may yet be begun anew.
        if self._mask is not None and reference is not None and index >= self._judged_step and self._empty == 0:
            _judge_outline(reference, self._mask)
            self._judged_step = self._phase.steps

    def state(self) -> GuardState:
        """For a checkpoint; waits for the device."""
        return GuardState(self.remedies, int(self._empty), int(self._burnt), self._rescues, self._judged_step)

    def restore(self, state: GuardState) -> None:
        """Go on where ``state`` was taken."""
        self.remedies, self._rescues, self._judged_step = state.remedies, state.rescues, state.judged_step
        self._empty, self._burnt = torch.tensor(float(state.empty)), torch.tensor(float(state.burnt))

    def _rescue(self, scene: DmtetScene) -> None:
        """Back to the last surface there was, and more slowly."""
        if self._kept is None or self._rescues == MOST_RESCUES:
            raise GenerationFailed("the surface vanished during refinement; try another seed or fewer steps")
        scene.restore_shape(*self._kept)
        self._updater.forget()
        self._rescues += 1
        self.remedies = replace(self.remedies, pace=SLOWER * self.remedies.pace)

    def _count_empty(self, view: View, scene: NerfScene, index: int) -> None:
        assert view.alpha is not None, "phase I was rendered without alpha"
        is_empty = (view.alpha.detach().amax() <= 0.5).float()
        self._empty = (self._empty.to(is_empty) + 1) * is_empty
        if index % PATIENCE == PATIENCE - 1 and self._empty >= PATIENCE - 1:
            self._begin_anew(scene, index)

    def _begin_anew(self, scene: NerfScene, index: int) -> None:
        """Once, and with time left: a fresh, larger ball, led by the reference view at first."""
        if self._rescues or index >= RESTARTS_BEFORE * self._phase.steps:
            raise GenerationFailed(f"the object disappeared for {PATIENCE} steps of phase I; try another seed")
        scene.begin_anew(BLOB_GROWTH)
        self._updater.forget()
        self._rescues += 1
        self._empty = torch.zeros_like(self._empty)
        self._judged_step = max(self._judged_step, index + round(JUDGED_AT * self._phase.steps))
        if self._mask is not None and any(weighted.loss.needs_reference for weighted in self._phase.losses):
            resting = index + 1 + math.ceil(REFERENCE_ONLY * self._phase.steps)
            self.remedies = replace(self.remedies, resting_until=resting)

    def _count_burnt(self, view: View, index: int) -> None:
        if self.remedies.guidance_limit is not None:
            return
        is_burnt = (saturation(view) > MOST_SATURATION).float()
        self._burnt = (self._burnt.to(is_burnt) + 1) * is_burnt
        if index % PATIENCE == PATIENCE - 1 and self._burnt >= BURNT_FOR * self._phase.steps:
            self.remedies = replace(self.remedies, guidance_limit=LOWERED_GUIDANCE)


def saturation(view: View) -> Float[Tensor, ""]:
    """Mean HSV saturation, (max - min) / max, of the object's own colours; 0 where there is none."""
    assert view.alpha is not None, "this view was rendered without alpha"
    alpha, rgb = view.alpha.detach(), view.image("rgb").detach()
    colour = ((rgb - (1 - alpha)) / alpha.clamp_min(0.5)).clamp(0, 1)
    most, least = colour.amax(dim=1, keepdim=True), colour.amin(dim=1, keepdim=True)
    is_object = (alpha > 0.5).float()
    return ((most - least) / most.clamp_min(1e-3) * is_object).sum() / is_object.sum().clamp_min(1)


def _judge_outline(view: View, reference_mask: Float[Tensor, "1 1 H W"]) -> None:
    assert view.alpha is not None, "phase I was rendered without alpha"
    alpha = view.alpha.detach()
    mask = torch.nn.functional.interpolate(reference_mask, size=alpha.shape[-2:], mode="area") > 0.5
    inside, outside = alpha[mask].mean(), alpha[~mask].mean()
    if inside < INSIDE:
        raise GenerationFailed(f"phase I found only {inside:.0%} of the reference view's object; try another seed")
    if outside > OUTSIDE:
        raise GenerationFailed(f"phase I filled {outside:.0%} of the background with fog; try another seed")
