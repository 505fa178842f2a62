"""A phase in the middle of its work, of which single steps can be taken without a run before them.

Steps are those of generate.generate, with every learning rate at zero: guidance by random weights would soon tear the
object apart, and a torn object costs more to draw than a real one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from any_to_3d.backend.generator.cameras import CameraBatch
from any_to_3d.backend.generator.condition import StageZero, reference_camera
from any_to_3d.backend.generator.guards import Guard
from any_to_3d.backend.generator.losses.term import ViewName
from any_to_3d.backend.generator.optimisers import Updater
from any_to_3d.backend.generator.recipe import Phase, Recipe
from any_to_3d.backend.generator.rendering.view import View
from any_to_3d.backend.generator.rendering.views import Views
from any_to_3d.backend.generator.representations.dmtet import DmtetScene
from any_to_3d.backend.generator.representations.nerf import NeRF, NerfScene
from any_to_3d.backend.generator.representations.scene import Scene
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.generator.terms import Terms

from .timing import Laps

MIDDLE = 0.5
"""Fraction of the phase: every level of the field is open and the z variance counts."""

STILL = 0.0
"""Factor of every learning rate."""


WEIGHING = "weighing"
"""What Terms does after its last loss."""


@dataclass(frozen=True)
class StandingPhase:
    """Everything that generate.generate holds while a phase runs."""

    recipe: Recipe
    phase: Phase
    runtime: Runtime
    scene: Scene
    terms: Terms
    updater: Updater
    guard: Guard

    @staticmethod
    def stand_up(recipe: Recipe, phase: Phase, runtime: Runtime, stage_zero: StageZero) -> "StandingPhase":
        """From a fresh radiance field, or its surface."""
        beginning = recipe.phases[0].start
        assert isinstance(beginning, NeRF), "a recipe begins with a radiance field"
        field = beginning.start(None, runtime)
        _skip_what_is_empty(field)
        scene: Scene = field if isinstance(phase.start, NeRF) else phase.start.start(field, runtime)
        terms, updater = Terms(phase, runtime, stage_zero), phase.optimiser.bind(scene)
        return StandingPhase(recipe, phase, runtime, scene, terms, updater, Guard(phase, stage_zero, scene, updater))

    @property
    def face_count(self) -> int:
        """Of the mesh; 0 for a radiance field."""
        return self.scene.face_count() if isinstance(self.scene, DmtetScene) else 0

    def see_everything(self) -> None:
        """As at the phase's beginning, where no ray skips anything; that takes the most memory."""
        if isinstance(self.scene, NerfScene):
            self.scene.occupancy.begin_anew()

    def cameras(self) -> dict[ViewName, CameraBatch]:
        """Who looks in a step."""
        phase = self.phase
        random = phase.cameras.sample(phase.batch, phase.size, self.runtime.rng("cameras"))
        stereo = random if phase.stereo is None else random.moved_to(phase.stereo.distance, phase.stereo.fov_y)
        reference = reference_camera(self.recipe.reference, phase.size, self.runtime.device)
        return {"random": random, "stereo": stereo, "reference": reference}

    def step(self, index: int, laps: Laps) -> None:
        """One step of this index, its time divided by what it is spent on."""
        progress, remedies = index / self.phase.steps, self.guard.remedies
        laps.start()
        self.scene.begin_step(index, progress)
        self.guard.before_step(index)
        names = [term.name for term in self.terms.due(index, remedies)]
        views = _DividedViews(self.scene, self.cameras(), self.terms.channels(index, remedies), names, laps)
        laps.lap("beginning")
        self.terms.accumulate(views, index, progress, remedies)
        laps.lap(WEIGHING)
        views.backward()
        laps.lap("backward through the renderer")
        self.updater.step(progress, STILL)
        laps.lap("optimiser")
        self.guard.after_step(views, index)
        laps.lap("guard")


class _DividedViews(Views):
    """Views that tell rendering from the losses, and one loss from the next, by when they are asked."""

    def __init__(self, scene: Scene, cameras: dict, channels: dict, names: list[str], laps: Laps) -> None:
        super().__init__(scene, cameras, channels)
        self._names, self._laps = iter(names), laps
        self._now = next(self._names, WEIGHING)

    def __getitem__(self, name: ViewName) -> View:
        if self.rendered(name) is not None:
            return super().__getitem__(name)
        self._laps.lap(self._now)
        view = super().__getitem__(name)
        self._laps.lap(f"rendering, {name} view")
        return view

    def add(self, name: ViewName, gradients: Sequence) -> None:
        super().add(name, gradients)
        self._laps.lap(self._now)
        self._now = next(self._names, WEIGHING)


def _skip_what_is_empty(scene: NerfScene) -> None:
    """As after the occupancy's warm-up; a few updates, as one looks at a single point of every cell."""
    first = scene.spec.occupancy_warm_up
    for update in range(8):
        index = (first // scene.spec.occupancy_every + 1 + update) * scene.spec.occupancy_every
        scene.begin_step(index, MIDDLE)
