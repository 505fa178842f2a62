"""What a run begins with: its condition, and the scene that its first phase takes over."""

from collections.abc import Generator
from dataclasses import dataclass

from .checkpoint import Checkpoint
from .condition import Preparing, StageZero, prepare_condition
from .given_start import first_scene, painted_scene, seen_from_reference
from .prompt import Prompt
from .recipe import Recipe
from .representations.fixed_mesh import FixedMesh, FixedMeshScene
from .representations.given_mesh import GivenMesh
from .representations.scene import Previous
from .runtime import Runtime


@dataclass(frozen=True)
class Beginning:
    """scene: what the first phase starts from.  is_answered: the condition is a checkpoint's, whose prompt is asked."""

    stage_zero: StageZero
    scene: Previous
    prompt_digest: str
    is_answered: bool = False


def begin(
    recipe: Recipe, prompt: Prompt, runtime: Runtime, resume: Checkpoint | None, given: GivenMesh | None
) -> Generator[Preparing, None, Beginning]:
    """Stage 0, or what a checkpoint has kept of it; Raises ValueError for a prompt the encoder cannot read."""
    if resume is not None and resume.answers(prompt, recipe.reference):
        runtime.joint.release()  # loaded for a prompt that has been read already
        return Beginning(resume.start(runtime), None, resume.prompt_digest, is_answered=True)
    painted = _saved_mesh(resume, runtime) if resume is not None else (yield from painted_scene(recipe, given, runtime))
    is_seen = painted is not None and recipe.reference.paints_shape
    shape = seen_from_reference(painted, recipe, runtime) if painted is not None and is_seen else None
    stage_zero = yield from prepare_condition(prompt, recipe.reference, runtime, shape)
    scene = None if painted is None or resume is not None else (yield from first_scene(recipe, painted))
    return Beginning(stage_zero, scene, prompt.digest())


def _saved_mesh(resume: Checkpoint, runtime: Runtime) -> FixedMeshScene | None:
    """The painted mesh of a run that keeps its shape, so that another prompt's reference view is that mesh too."""
    start = resume.phase.start
    if not isinstance(start, FixedMesh):
        return None
    scene = start.build(runtime)
    resume.fill(scene)
    return scene
