"""The options of commands that make a new object: its last phase, from where a picture is seen, the file, the job."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from ...shared.messages import Finished, SeenFrom, Submit
from .local_job import Place, require_accepted, run_locally
from .prompt_options import PromptOptions, require_glb

if TYPE_CHECKING:
    from rich.console import Console

    from ..queue_messages import Job
    from ..store import JobStore


@dataclass(frozen=True)
class ObjectOptions(PromptOptions):
    """Of one object, written as GLB."""

    output: Annotated[Path, tyro.conf.arg(aliases=["--out"])] = Path("object.glb")
    """Where the GLB goes."""

    until: str = ""
    """Finish the object after this phase: coarse, geometry or texture."""

    seen_from: tuple[float, float] | None = None
    """Elevation and azimuth, in degrees, from where --image shows the object; azimuth 90 is the side on your right when
    you stand in front of it."""

    keep_job: bool = False
    """Keep the job and its checkpoints in the data folder, so that 'any-to-3d continue' can go on from it."""

    data: Path | None = None
    """The data folder, if not the default one; no backend may be using it."""

    def check_object(self) -> None:
        """Raise ValueError for options that cannot be obeyed, before any file is read."""
        require_glb("--output", self.output)
        self.check_places()
        if self.seen_from is not None and self.image is None:
            raise ValueError("--seen-from is given without --image: it says from where the picture shows the object")

    def request(self) -> Submit:
        """The options as a request. Raises ValueError as ``prompts`` does."""
        seen = None if self.seen_from is None else SeenFrom(*self.seen_from)
        asked = Submit(
            "command-line", self.prompts(), self.negative, self.recipe, self.preset, self.seed, self.overrides
        )
        return replace(asked, until=self.until, seen_from=seen)

    def made(self, submit: Submit, console: "Console") -> Finished | None:
        """Run the request here, and keep its job if that is asked for; None for one that failed."""
        if not self.keep_job:
            return run_locally(submit, self, console)
        with opened_store(self.data) as store:
            return kept(store, submit, self, console)


@contextmanager
def opened_store(data: Path | None) -> Iterator["JobStore"]:
    """The data folder, for this command alone. Raises StoreInUse while a backend uses it."""
    from ..store import JobStore, default_folder

    store = JobStore(default_folder() if data is None else data)
    try:
        yield store
    finally:
        store.close()


def kept(
    store: "JobStore", submit: Submit, options: PromptOptions, console: "Console", parent: Path | None = None
) -> Finished | None:
    """Run a request as a job of this store; None for one that failed. parent: as of Place."""
    import uuid

    from ..queue_messages import Job

    # Not the request's own name: it is the same for every call, and a store has each but once.
    job_id = f"j{uuid.uuid4().hex[:16]}"
    job = Job(job_id, replace(submit, request_id=job_id), state="cancelled", attempts=1)
    # Before anything is on disk: what is refused is to leave nothing there.
    require_accepted(submit, options)
    store.admit(job)
    finished = run_locally(submit, options, console, Place(store.folder_of(job_id), job_id, parent))
    if finished is not None:
        _keep(store, replace(job, state="finished", seconds=finished.seconds), finished, console)
    return finished


def _keep(store: "JobStore", job: "Job", finished: Finished, console: "Console") -> None:
    """A data folder that takes nothing is no reason to lose the object, which may go to another disk."""
    try:
        store.save_result(job.job_id, finished.mesh)
        store.save(job)
    except OSError as error:
        console.print(f"the job could not be kept, only its object: {error}", style="yellow", markup=False)
        return
    console.print(f"kept as job {job.job_id}: any-to-3d continue {job.job_id}", markup=False)
