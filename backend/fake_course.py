"""Which phases a job of the profile ``fake`` goes through, and where in them it begins."""

from dataclasses import dataclass, replace
from pathlib import Path

from ..shared.messages import Submit
from ..shared.starting_points import Continue, Refine, Retexture
from .engine import PhasePlan
from .stored_checkpoints import checkpoints_in, stored_state

PHASES = ("coarse", "geometry", "texture")


@dataclass(frozen=True)
class Course:
    """The phases in order, and how many of their steps, counted over all of them, are done already."""

    phases: tuple[PhasePlan, ...]
    done: int = 0

    @property
    def total(self) -> int:
        return sum(phase.steps for phase in self.phases)

    def at(self, number: int) -> tuple[int, int]:
        """The place of the phase that this step lies in, and the step's own place there, both from 0."""
        for place, phase in enumerate(self.phases):
            if number < phase.steps:
                return place, number
            number -= phase.steps
        raise IndexError("the course has no such step")

    def after(self, phase: str, step: int) -> "Course":
        """The same with so many finished steps of this phase, and all before it."""
        names = [each.name for each in self.phases]
        place = names.index(phase)
        return replace(self, done=sum(each.steps for each in self.phases[:place]) + step)


def even_course(steps: int, names: tuple[str, ...] = PHASES) -> Course:
    """As many steps of each phase."""
    return Course(tuple(PhasePlan(name, steps) for name in names))


def course_of(submit: Submit, steps: int, own: Path | None, parent: Path | None) -> Course:
    """own: the folder of the job itself if it goes on.  parent: that of the job whose checkpoint it begins with.

    Raises NoSuchCheckpoint, and ValueError for a checkpoint that lies after the last phase that is to run.
    """
    course = _whole(submit, steps, parent)
    names = [phase.name for phase in course.phases]
    if submit.until:
        if submit.until not in names:
            raise ValueError(f"the checkpoint lies in phase {names[0]!r}, after {submit.until!r}, the last one to run")
        course = replace(course, phases=course.phases[: names.index(submit.until) + 1])
    if isinstance(submit.source, Continue) and submit.source.more_steps:
        *before, last = course.phases
        longer = replace(last, steps=last.steps + submit.source.more_steps)
        course = replace(course, phases=(*before, longer))
    stored = () if own is None else checkpoints_in(own)
    return course.after(stored[-1].phase, stored[-1].step) if stored else course


def _whole(submit: Submit, steps: int, parent: Path | None) -> Course:
    match submit.source:
        case Continue(_, name, _, None) if parent is not None:
            state = stored_state(parent, name)
            later = (PhasePlan(each, steps) for each in PHASES[PHASES.index(state.phase) + 1 :])
            return Course((PhasePlan(state.phase, state.steps), *later), state.step)
        case Retexture():
            return even_course(steps, PHASES[2:])
        case Refine():
            return even_course(steps, PHASES[1:])
        case Continue(_, _, _, mesh) if mesh is not None:
            return even_course(steps, PHASES[2:])
        case _:
            return even_course(steps)
