"""What a request that goes on from another job's checkpoint needs of that job's record and files."""

from collections.abc import Callable
from dataclasses import replace

from ..shared.messages import Problem, Submit
from ..shared.starting_points import Continue, Retexture
from .queue_messages import Job
from .store import JobStore
from .stored_checkpoints import NoSuchCheckpoint, checkpoint_path


class NothingToContinue(ValueError):
    """There is no such job or checkpoint; ``problem`` is the answer to the request."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.problem = Problem("unavailable", message, hint)


def with_parents_prompt(
    submit: Submit, store: JobStore, is_hidden: Callable[[Job], bool] = lambda job: False
) -> Submit:
    """The request with its parent's prompts where it names none of its own.

    A request that begins with something else is returned as it is. is_hidden: whether a job is none of this client's
    business; then there is no such job. Raises NothingToContinue.
    """
    if not isinstance(submit.source, Continue):
        return submit
    parent = store.find(submit.source.job_id)
    if parent is None or is_hidden(parent):
        hint = "Continue a job that this backend made; 'any-to-3d jobs list' names them."
        raise NothingToContinue(f"This backend has no job {submit.source.job_id[:40]!r}.", hint)
    try:
        checkpoint_path(store.folder_of(parent.job_id), submit.source.checkpoint)
    except NoSuchCheckpoint as error:
        text = str(error)
        hint = "Choose another state or another job, or generate the object again."
        raise NothingToContinue(f"{text[0].upper()}{text[1:]}.", hint) from error
    if submit.source.mesh is None and _painted_a_given_mesh(parent.submit):
        hint = "Send the object's mesh along, or retexture it again."
        raise NothingToContinue("That job painted a mesh that was sent with it, which is not kept.", hint)
    if submit.prompts:
        return submit
    return replace(
        submit,
        prompts=parent.submit.prompts,
        negative=submit.negative or parent.submit.negative,
        seen_from=submit.seen_from or parent.submit.seen_from,
    )


def _painted_a_given_mesh(submit: Submit) -> bool:
    return isinstance(submit.source, Retexture) or (
        isinstance(submit.source, Continue) and submit.source.mesh is not None
    )
