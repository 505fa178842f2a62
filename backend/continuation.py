"""What a request that goes on from another job's checkpoint needs of that job's record and files."""

from collections.abc import Callable
from dataclasses import replace

from ..shared.messages import CheckpointInfo, Problem, Submit
from ..shared.starting_points import Continue, Retexture
from .access.visible_jobs import no_job_to_continue
from .catalogue import PHASES
from .queue_messages import Job
from .store import JobStore
from .stored_checkpoints import NoSuchCheckpoint, checkpoints_in, stored_state


class NothingToContinue(ValueError):
    """There is no such job or checkpoint; ``problem`` is the answer to the request."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.problem = Problem("unavailable", message, hint)


def with_parents_prompt(
    submit: Submit, store: JobStore, is_hidden: Callable[[Job], bool] = lambda job: False
) -> Submit:
    """The request with its parent's prompts where it names none of its own, and from where that has an effect.

    At the very end of a job no other prompt, seed or preset could change anything; there the state before is taken.

    A request that begins with something else is returned as it is. is_hidden: whether a job is none of this client's
    business; then there is no such job. Raises NothingToContinue.
    """
    if not isinstance(submit.source, Continue):
        return submit
    parent = store.find(submit.source.job_id)
    if parent is None or is_hidden(parent):
        missing = no_job_to_continue(submit.source.job_id)
        raise NothingToContinue(missing.message, missing.hint)
    folder, source = store.folder_of(parent.job_id), submit.source
    try:
        state = stored_state(folder, source.checkpoint)
    except NoSuchCheckpoint as error:
        text = str(error)
        hint = "Choose another state or another job, or generate the object again."
        raise NothingToContinue(f"{text[0].upper()}{text[1:]}.", hint) from error
    if source.mesh is None:
        _require_before_end(submit, state)
        if _is_idle(submit, source, state) and _asks_for_another(submit, parent.submit):
            earlier = [each.name for each in checkpoints_in(folder) if each.phase != state.phase]
            submit = replace(submit, source=replace(source, checkpoint=earlier[-1])) if earlier else submit
    if source.mesh is None and _painted_a_given_mesh(parent.submit):
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


def gone_back(asked: Submit, submit: Submit) -> str:
    """A sentence for the artist if ``with_parents_prompt`` has chosen an earlier state than the newest, or nothing."""
    before, now = asked.source, submit.source
    if not isinstance(before, Continue) or not isinstance(now, Continue) or before.checkpoint == now.checkpoint:
        return ""
    return f"The job was at its end, so this goes on from its state {now.checkpoint!r}; ask for further steps to go on."


def _require_before_end(submit: Submit, state: CheckpointInfo) -> None:
    if {submit.until, state.phase} <= set(PHASES) and PHASES.index(state.phase) > PHASES.index(submit.until):
        text = f"That state lies in the phase {state.phase!r}, after {submit.until!r}, the last one to run."
        raise NothingToContinue(text, "Choose an earlier state, or a later phase to end with.")


def _is_idle(submit: Submit, source: Continue, state: CheckpointInfo) -> bool:
    """Whether no step would follow; a state that was asked for by name is taken all the same."""
    is_end = state.phase == (submit.until or PHASES[-1]) and state.step >= state.steps
    return is_end and not source.checkpoint and not source.more_steps


def _asks_for_another(submit: Submit, own: Submit) -> bool:
    """Whether anything is asked for that the parent had not; without prompts its negative and angle are kept."""
    if (submit.seed, submit.preset, submit.recipe) != (own.seed, own.preset, own.recipe):
        return True
    if not submit.prompts:
        return submit.negative not in ("", own.negative) or submit.seen_from not in (None, own.seen_from)
    return (submit.prompts, submit.negative, submit.seen_from) != (own.prompts, own.negative, own.seen_from)


def _painted_a_given_mesh(submit: Submit) -> bool:
    return isinstance(submit.source, Retexture) or (
        isinstance(submit.source, Continue) and submit.source.mesh is not None
    )
