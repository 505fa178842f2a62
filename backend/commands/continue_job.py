"""``any-to-3d continue``: go on from a stored state of a job, as it would have gone on or in another direction."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from ...shared.messages import Submit, WeightedPrompt
from ...shared.starting_points import Continue
from .local_job import new_console
from .object_options import ObjectOptions, kept, opened_store

if TYPE_CHECKING:
    from ..queue_messages import Job
    from ..store import JobStore

NAMED = 8
"""How many jobs a message names."""


@dataclass(frozen=True)
class ContinueJob(ObjectOptions):
    """Go on from a stored state of a job; what is not given is as the job had it, and with nothing given it is the job.

    The new one is kept, too. No backend may be using the data folder meanwhile.
    """

    job: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="JOB")] = ""
    """The job's name, or its beginning."""

    checkpoint: str = ""
    """The state: the name of a phase for its end, or nothing for the newest; at the end of a job, where nothing that is
    asked for could change anything, the one before."""

    more_steps: int = 0
    """Further steps of the last phase that runs."""

    seed: int = -1
    """Another one gives another branch; -1 is the job's own."""

    preset: str = ""
    """For the phases to come; nothing is the job's own."""

    recipe: str = ""
    """Likewise."""

    output: Annotated[Path, tyro.conf.arg(aliases=["--out"])] = Path("continued.glb")
    """Where the GLB goes."""

    height: float = 1.0
    """The object's height in metres, standing on the origin; 0 leaves it in generator units."""

    def run(self) -> int:
        from ..continuation import NothingToContinue, gone_back, with_parents_prompt
        from ..finishing.glb import write_glb

        if not self.job:
            raise ValueError("which job? name one, as in 'any-to-3d continue j0123 --text \"a blue chair\"'")
        self.check_object()
        console = new_console()
        with opened_store(self.data) as store:
            parent = _parent(store, self.job)
            try:
                asked = self._request(parent)
                submit = with_parents_prompt(asked, store)
            except NothingToContinue as error:
                raise ValueError(f"{error} {error.problem.hint}") from error
            if notice := gone_back(asked, submit):
                console.print(notice, style="yellow", markup=False)
            finished = kept(store, submit, self, console, store.folder_of(parent.job_id))
        if finished is None:
            return 1
        write_glb(finished.mesh, self.output, self.height or None)
        faces = len(finished.mesh.faces)
        console.print(f"{self.output}: {faces} faces, made in {finished.seconds:.1f} s", markup=False)
        return 0

    def prompts(self) -> tuple[WeightedPrompt, ...]:
        """None where none is given: those of the job."""
        return () if self.text is self.image is self.sound is None else super().prompts()

    def _request(self, parent: "Job") -> Submit:
        own, asked = parent.submit, self.request()
        return replace(
            asked,
            recipe=self.recipe or own.recipe,
            preset=self.preset or own.preset,
            seed=own.seed if self.seed < 0 else self.seed,
            overrides={**own.overrides, **asked.overrides},
            source=Continue(parent.job_id, self.checkpoint, self.more_steps),
        )


def _parent(store: "JobStore", name: str) -> "Job":
    """Raises ValueError unless exactly one job begins with this name."""
    exact = store.find(name)
    if exact is not None:
        return exact
    jobs, _ = store.load()
    found = [job for job in jobs if job.job_id.startswith(name)]
    if len(found) != 1:
        said = "no job begins" if not found else f"{len(found)} jobs begin"
        raise ValueError(f"{said} with {name!r} in {store.folder}; {_newest(found or jobs)}")
    return found[0]


def _newest(jobs: list["Job"]) -> str:
    """The last of them by name: a command that could list them has to wait until the folder is free."""
    if not jobs:
        return "it holds none"
    names = [job.job_id for job in reversed(jobs[-NAMED:])]
    return f"the newest {'is' if len(names) == 1 else 'are'} {', '.join(names)}"
