"""The scene that an object is finished from, whichever phase a run has ended in."""

from dataclasses import replace

from .generate import Step
from .representations.dmtet import DMTet
from .representations.nerf import NerfScene
from .representations.scene import Scene


def finishable(step: Step) -> Scene:
    """What to unwrap and paint after this step: its own scene, or what the recipe would make a mesh of next.

    A radiance field becomes the first surface of the phase that would follow (Alg. 1, line 7), finer than its previews
    and closed; where none would follow, it is its own last word. The run itself stays as it is.
    Raises GenerationFailed where the field holds nothing solid.
    """
    running = step.running
    if isinstance(step.scene, NerfScene):
        for phase in running.recipe.phases[running.phase_index + 1 :]:
            if isinstance(phase.start, DMTet):
                # Random streams of its own: those of the run must not notice.
                return phase.start.start(step.scene, replace(running.runtime))
    return step.scene
