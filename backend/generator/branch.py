"""Another future for a run: what follows a checkpoint when something else is asked for than before."""

from dataclasses import dataclass, replace

from .checkpoint import Checkpoint
from .guards import GuardState
from .prompt import Prompt
from .recipe import Phase, Recipe
from .recipes.refine import painting_a_given_shape
from .rendering.view import TriangleMesh
from .representations.dmtet import DMTet
from .representations.fixed_mesh import FixedMesh
from .representations.nerf import NeRF


@dataclass(frozen=True)
class Branch:
    """A checkpoint whose recipe is what is to follow, and sentences for the artist about what could not follow."""

    checkpoint: Checkpoint
    notices: tuple[str, ...] = ()

    @property
    def recipe(self) -> Recipe:
        return self.checkpoint.recipe


def continued(saved: Checkpoint, asked: Recipe, prompt: Prompt, more_steps: int = 0, until: str = "") -> Branch:
    """The saved run with the phases of ``asked`` that come after its own.

    What has begun stays as it was begun: a phase that was cut off ends with its own settings, and its scene keeps its
    field, and from a mesh on its lattice, in later phases. The reference view is sampled as ``asked`` says if it has
    to be sampled anew. more_steps: further steps of the last phase that runs, which is ``until`` or the last of all;
    its schedules keep their last values in them. With the saved run's own recipe and no further steps nothing changes.
    Raises ValueError if the run is past ``until``.
    """
    begun = saved.recipe.phases[: saved.phase_index + 1]
    following = _after(begun[-1].name, asked)
    if _begins_with_mesh(saved.recipe):
        following = tuple(painting_a_given_shape(phase) for phase in following)
    fitting = [_fitting(phase, begun[-1]) for phase in following]
    recipe = replace(asked, phases=(*begun, *fitting))
    if saved.answers(prompt, asked.reference):
        recipe = replace(recipe, reference=saved.recipe.reference)
    last = recipe.index_of(until) if until else len(recipe.phases) - 1
    if more_steps:
        phases = [each.lengthened(more_steps) if n == last else each for n, each in enumerate(recipe.phases)]
        recipe = replace(recipe, phases=tuple(phases))
    branched = replace(saved, recipe=recipe)
    branched.require(recipe, last)
    return Branch(branched, tuple(_notices(saved, asked)))


def onto_mesh(saved: Checkpoint, asked: Recipe, prompt: Prompt, mesh: TriangleMesh) -> Branch:
    """The last phase of ``asked`` on another mesh in place of the saved shape, begun in the saved run's colours.

    Raises ValueError for a recipe whose last phase is no mesh's.
    """
    last = asked.phases[-1]
    if isinstance(last.start, NeRF):
        raise ValueError(f"recipe {asked.name!r} ends without a mesh, so it cannot paint an edited one; choose another")
    start = FixedMesh(len(mesh.vertices), len(mesh.faces), saved.phase.start.field)
    if _begins_with_mesh(saved.recipe):
        last = painting_a_given_shape(last)
    recipe = replace(asked, phases=(replace(last, start=start),))
    if saved.answers(prompt, asked.reference):
        recipe = replace(recipe, reference=saved.recipe.reference)
    painted = {name: tensor for name, tensor in saved.tensors.items() if name.startswith(("condition/", "random/"))}
    painted |= {name: tensor for name, tensor in saved.tensors.items() if name.startswith("scene/field.")}
    painted |= {"scene/vertices": mesh.vertices, "scene/faces": mesh.faces}
    return Branch(replace(saved, recipe=recipe, phase_index=0, finished_steps=0, guard=GuardState(), tensors=painted))


def _begins_with_mesh(recipe: Recipe) -> bool:
    start = recipe.phases[0].start
    return isinstance(start, DMTet) and start.given is not None


def _after(phase: str, recipe: Recipe) -> tuple[Phase, ...]:
    """The phases after the one of this name; none where there is no such phase."""
    names = [each.name for each in recipe.phases]
    return recipe.phases[names.index(phase) + 1 :] if phase in names else ()


def _fitting(phase: Phase, before: Phase) -> Phase:
    """The phase with the field, and from a mesh on with the lattice, that it inherits."""
    start, inherited = phase.start, before.start
    if not isinstance(start, DMTet):
        return phase
    start = replace(start, field=inherited.field)
    return replace(phase, start=replace(start, grid=inherited.grid) if isinstance(inherited, DMTet) else start)


def _notices(saved: Checkpoint, asked: Recipe) -> list[str]:
    notices, begun = [], saved.phase
    wanted = next((phase for phase in asked.phases if phase.name == begun.name), begun)
    if saved.finished_steps < begun.steps and wanted != begun:
        notices.append(f"The phase {begun.name!r} ends with the settings that it began with.")
    following = [phase.start.grid for phase in _after(begun.name, asked) if isinstance(phase.start, DMTet)]
    if isinstance(begun.start, DMTet) and any(grid != begun.start.grid for grid in following):
        notices.append(f"The surface keeps its lattice of {begun.start.grid.resolution} steps a side.")
    return notices
