"""When each event of a recorded job is played: by the work that was done, not by the clock of a computer that was busy.

So the same job is recorded with the same times everywhere.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ...shared.mesh import MeshSnapshot
from ...shared.messages import Preparing, Progress
from ...shared.recording import RecordedEvent, Timed
from ..engine import Plan
from ..worker_messages import WorkerEvent

PREPARATION = 0.04
"""The share of a job before its first step, as measured on a quiet computer with the built-in models."""

EARLY = 1.5
"""Above 1, the first moments keep more of their shapes, for there the object appears."""


def paced(events: Iterable[WorkerEvent], plan: Plan, seconds: float) -> Iterator[Timed]:
    """What is recorded of a job's events, with its time when the whole job takes ``seconds``.

    The stages before the first step share their time equally; a phase's steps take their planned cost, and the stages
    after the last step the cost of the finish, by their own fraction.
    """
    events = list(events)
    total = plan.finish_cost + sum(phase.steps * phase.cost for phase in plan.phases)
    stages = next((number for number, event in enumerate(events) if not isinstance(event, Preparing)), len(events))
    work = 0.0
    for number, event in enumerate(events):
        if number < stages:
            assert isinstance(event, Preparing)
            yield Timed(round(seconds * PREPARATION * number / stages, 3), event)
        elif isinstance(event, (MeshSnapshot, Progress, Preparing)):
            work = _work_done(event, plan, work)
            at = seconds * (PREPARATION + (1 - PREPARATION) * min(work / total, 1.0))
            yield Timed(round(at, 3), _at_the_pace(event, plan, seconds * (1 - PREPARATION) / total))


def thinned(timed: Iterable[Timed], reports: int, snapshots: int) -> tuple[Timed, ...]:
    """About so many reports, evenly, with the last of each phase; at most so many snapshots, more of them early.

    Stages all stay.
    """
    timed = list(timed)
    seconds = max(each.at for each in timed)
    kept: list[Timed] = []
    report_due = 0.0
    shown = 0
    for each in timed:
        event = each.event
        if isinstance(event, Progress):
            if each.at < report_due and event.step < event.steps:
                continue
            report_due = each.at + seconds / reports
        elif isinstance(event, MeshSnapshot):
            if each.at < seconds * (shown / (snapshots - 1)) ** EARLY:
                continue
            shown += 1
        kept.append(each)
    return tuple(kept)


def _work_done(event: RecordedEvent, plan: Plan, so_far: float) -> float:
    """In the plan's unit of cost, after this event."""
    steps = sum(phase.steps * phase.cost for phase in plan.phases)
    if isinstance(event, Preparing):
        return max(so_far, steps + plan.finish_cost * event.fraction)
    # Reports count a phase's steps from 1, snapshots from 0.
    done = event.step if isinstance(event, Progress) else event.step + 1
    names = [phase.name for phase in plan.phases]
    before = plan.phases[: names.index(event.phase)]
    return sum(phase.steps * phase.cost for phase in before) + done * plan.phases[len(before)].cost


def _at_the_pace(event: RecordedEvent, plan: Plan, seconds_per_cost: float) -> RecordedEvent:
    if not isinstance(event, Progress):
        return event
    cost = next(phase.cost for phase in plan.phases if phase.name == event.phase)
    return replace(event, steps_per_second=1 / (cost * seconds_per_cost))
