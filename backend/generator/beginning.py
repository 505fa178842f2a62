"""What a run begins with: its condition, and the scene that its first phase takes over."""

from collections.abc import Generator
from dataclasses import dataclass

from .checkpoint import Checkpoint
from .condition import Preparing, StageZero, prepare_condition
from .given_start import painted_scene, seen_from_reference
from .prompt import Prompt
from .recipe import Recipe
from .representations.given_mesh import GivenMesh
from .representations.scene import Scene
from .runtime import Runtime


@dataclass(frozen=True)
class Beginning:
    """scene: what the first phase starts from.  is_answered: the condition is a checkpoint's, whose prompt is asked."""

    stage_zero: StageZero
    scene: Scene | GivenMesh | None
    prompt_digest: str
    is_answered: bool = False


def begin(
    recipe: Recipe, prompt: Prompt, runtime: Runtime, resume: Checkpoint | None, given: GivenMesh | None
) -> Generator[Preparing, None, Beginning]:
    """Stage 0, or what a checkpoint has kept of it; Raises ValueError for a prompt the encoder cannot read."""
    if resume is not None and resume.answers(prompt, recipe.reference):
        runtime.joint.release()  # loaded for a prompt that has been read already
        return Beginning(resume.start(runtime), None, resume.prompt_digest, is_answered=True)
    painted = None
    if resume is None:
        painted = yield from painted_scene(recipe, given, runtime)
    shape = None if painted is None else seen_from_reference(painted, recipe, runtime)
    stage_zero = yield from prepare_condition(prompt, recipe.reference, runtime, shape)
    return Beginning(stage_zero, painted or given, prompt.digest())
