"""Algorithm 1 of XBind: three-phase optimisation, as a Python generator.

Whoever iterates decides what happens between steps: stop (cancel), save, show, log. Nothing here does any of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from torch import Tensor

from .beginning import begin
from .cameras import CameraBatch
from .checkpoint import Checkpoint, Running
from .condition import Preparing, reference_camera
from .guards import Guard
from .losses.term import ViewName
from .prompt import Prompt
from .recipe import Phase, Recipe
from .rendering.views import Views
from .representations.given_mesh import GivenMesh
from .representations.scene import Scene
from .runtime import Runtime
from .terms import Terms


@dataclass(frozen=True)
class Step:
    """A finished optimiser step. losses: unweighted, detached, on the device; ``scene`` changes with the next step."""

    phase: Phase
    index: int
    losses: dict[str, Tensor]
    scene: Scene
    running: Running

    @property
    def ends_phase(self) -> bool:
        return self.index == self.phase.steps - 1


def generate(
    recipe: Recipe,
    prompt: Prompt,
    runtime: Runtime,
    resume: Checkpoint | None = None,
    given: GivenMesh | None = None,
    until: str = "",
) -> Iterator[Step | Preparing]:
    """Make an object from a prompt: yields ``Preparing`` during stage 0, then one ``Step`` per optimiser step.

    The last step's scene is the object; a checkpoint of it gives that step again, without losses. The same recipe,
    prompt and runtime seed give the same object; from a checkpoint of the same recipe the run goes on as if it had not
    stopped (bit-equal on a CPU). With another prompt, or another reference camera, stage 0 is gone through anew.
    given: what the first phase begins with, where it does not begin with nothing.
    until: the phase that ends the run, or empty for the last one.
    Raises ValueError for a recipe, prompt or checkpoint that does not fit, GenerationFailed for a run gone wrong.
    """
    recipe.validate()
    if recipe.needs_stereo:
        runtime.prior("stereo")  # names what is missing now, not after the reference view has been sampled
    runtime = replace(runtime)  # this run's own random streams
    last = recipe.index_of(until) if until else len(recipe.phases) - 1
    if resume is not None:
        resume.require(recipe, last)
    begun = yield from begin(recipe, prompt, runtime, resume, given)
    stage_zero, scene = begun.stage_zero, begun.scene
    for number, phase in enumerate(recipe.phases[: last + 1]):
        if resume is not None and number < resume.phase_index:
            continue
        resumed = resume if resume is not None and number == resume.phase_index else None
        scene = phase.start.build(runtime) if resumed else phase.start.start(scene, runtime)  # lines 7 and 13
        terms, updater = Terms(phase, runtime, stage_zero), phase.optimiser.bind(scene)
        guard = Guard(phase, stage_zero, scene, updater)
        running = Running(recipe, begun.prompt_digest, stage_zero, runtime, number, scene, terms, updater, guard)
        first = resumed.restore(running, begun.is_answered) if resumed else 0
        if first == phase.steps and number == last:
            # Nothing is left but to finish the object, which wants a step to finish.
            yield Step(phase, phase.steps - 1, {}, scene, running)
        for index in range(first, phase.steps):
            progress = phase.progress(index)
            scene.begin_step(index, progress)
            guard.before_step(index)
            views = Views(scene, _cameras(phase, recipe, runtime), terms.channels(index, guard.remedies))  # line 19
            losses = terms.accumulate(views, index, progress, guard.remedies)  # lines 3-4, 9-10, 15-16
            views.backward()
            updater.step(progress, guard.remedies.pace)  # line 20
            guard.after_step(views, index)
            yield Step(phase, index, losses, scene, running)


def _cameras(phase: Phase, recipe: Recipe, runtime: Runtime) -> dict[ViewName, CameraBatch]:
    """Who looks in this step."""
    random = phase.cameras.sample(phase.batch, phase.size, runtime.rng("cameras"))
    stereo = random if phase.stereo is None else random.moved_to(phase.stereo.distance, phase.stereo.fov_y)
    return {
        "random": random,
        "stereo": stereo,
        "reference": reference_camera(recipe.reference, phase.size, runtime.device),
    }
