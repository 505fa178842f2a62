"""A request, ready for the generator: its recipe, what it begins with, and what becomes of its steps."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import torch

from ...shared.messages import Submit
from ...shared.starting_points import Continue, Refine, Retexture
from .. import snapshot
from ..catalogue import ProfileName
from ..engine import Moment
from ..generator import checkpoint
from ..generator.branch import Branch, continued
from ..generator.checkpoint import Checkpoint
from ..generator.generate import Step
from ..generator.prompt import Prompt
from ..generator.recipe import Recipe
from ..generator.recipes.refine import refined
from ..generator.representations.fixed_mesh import FixedMesh
from ..generator.representations.given_mesh import GivenMesh
from ..retexturing.placed_mesh import PlacedMesh
from ..retexturing.work import RetextureWork, given_mesh
from ..stored_checkpoints import NoSuchCheckpoint, checkpoint_path
from .asked_recipe import named_recipe
from .mesh_continuation import Asked, MeshContinuation
from .object_moment import Finishing, ObjectMoment
from .placement import STAYING, Placement, placement_in


class Work(Protocol):
    """recipe, given, resume: for ``generate``.  notice: sentences for the artist, or empty."""

    @property
    def recipe(self) -> Recipe: ...
    @property
    def given(self) -> GivenMesh | None: ...
    @property
    def resume(self) -> Checkpoint | None: ...
    @property
    def notice(self) -> str: ...

    def moment(self, step: Step) -> Moment: ...


@dataclass(frozen=True)
class ObjectWork:
    """A Work whose result is a new object."""

    recipe: Recipe
    taker: snapshot.SnapshotTaker
    finishing: Finishing
    resume: Checkpoint | None = None
    given: GivenMesh | None = None
    placement: Placement = STAYING
    notice: str = ""

    def moment(self, step: Step) -> ObjectMoment:
        return ObjectMoment(step, self.taker, self.finishing, self.placement)


@dataclass(frozen=True)
class Folders:
    """own: the newest usable checkpoint of the job itself.  parent: the folder of the job that it goes on from."""

    own: Checkpoint | None
    parent: Path | None


def work_of(
    job_id: str,
    submit: Submit,
    prompt: Prompt,
    profile: ProfileName,
    folders: Folders,
    finishing: Finishing,
    device: torch.device,
) -> Work:
    """What this request wants done. Raises ValueError for a mesh, a checkpoint or a recipe that cannot be used."""
    recipe, own = named_recipe(submit, profile), folders.own
    made = ObjectWork(recipe, snapshot.SnapshotTaker(job_id), finishing, own)
    match submit.source:
        case Retexture():
            work = RetextureWork.of(job_id, submit, submit.source, recipe, device)
            return replace(work, resume=own)
        case Refine(mesh, keep):
            placed = PlacedMesh.of(mesh)
            given = given_mesh(placed, submit.seed, device, with_colours=True)
            x, y, z = (float(value) for value in placed.middle)
            return replace(
                made, recipe=refined(recipe, keep), given=given, placement=Placement((x, y, z), placed.scale)
            )
        case Continue():
            if folders.parent is None:
                raise NoSuchCheckpoint("the job to go on from is not at hand; continue one that this backend made")
            return _continuation(submit, submit.source, prompt, made, folders.parent, job_id, device)
        case None:
            return made


def _continuation(
    submit: Submit, source: Continue, prompt: Prompt, made: ObjectWork, parent: Path, job_id: str, device: torch.device
) -> Work:
    placement, path = placement_in(parent), checkpoint_path(parent, source.checkpoint)
    if source.mesh is not None:
        asked = Asked(made.recipe, prompt, checkpoint.load(path), made.resume)
        return MeshContinuation.of(job_id, source.mesh, placement, asked, made.finishing.texture_size)
    if made.resume is not None:
        return replace(made, recipe=made.resume.recipe, placement=placement)
    saved = checkpoint.load(path)
    if isinstance(saved.phase.start, FixedMesh):
        raise ValueError("that job painted a mesh that was sent with it; send the mesh along to go on from there")
    branch = continued(saved, made.recipe, prompt, source.more_steps, submit.until)
    notice = " ".join([*branch.notices, *_idle(branch, submit.until)])
    return replace(made, recipe=branch.recipe, resume=branch.checkpoint, placement=placement, notice=notice)


def _idle(branch: Branch, until: str) -> Iterator[str]:
    """A sentence for who goes on from the very end, where nothing follows that anything could change."""
    saved, phases = branch.checkpoint, branch.recipe.phases
    last = branch.recipe.index_of(until) if until else len(phases) - 1
    if saved.phase_index == last and saved.finished_steps == phases[last].steps:
        yield "This state is the end of the job, so its object is made again; ask for further steps to change it."
