"""How many minutes each stage of a training gets, so that all of them together end in time on so many lanes."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

SHORTEST_MINUTES = 0.05
_HALVINGS = 50


@dataclass(frozen=True)
class HeadStart:
    """A stage that may begin once another one has kept this share of its own training."""

    stage: str
    share: float


@dataclass(frozen=True)
class Task:
    """A stage that is not done yet, as the plan sees it.

    share: of the time, against those of the others; most_minutes: more would teach it nothing.
    minutes: what is left of its allotment, where it has one already.   spent: of that allotment, what is used.
    is_running: it occupies a lane now.
    """

    name: str
    share: float
    most_minutes: float
    after: tuple[str, ...] = ()
    head_start: HeadStart | None = None
    minutes: float | None = None
    spent: float = 0.0
    is_running: bool = False

    def minutes_at(self, scale: float) -> float:
        """What it gets where a share of 1 is worth `scale` minutes."""
        return min(self.share * scale, self.most_minutes) if self.minutes is None else self.minutes


def allotted(tasks: Sequence[Task], name: str, minutes_left: float, lanes: int) -> float:
    """The minutes of one of the tasks, where all get the same minutes for their shares and end after minutes_left.

    Tasks are taken up in their order as lanes become free. What one may not use (most_minutes) goes to the others. A
    task without share takes as long as it takes, which nobody knows before: it gets 0 and is planned with 0. Otherwise
    at least a twentieth of a minute.
    """
    task = next(each for each in tasks if each.name == name)
    if task.share == 0.0:
        return 0.0
    shares = [each.share for each in tasks if each.share and each.minutes is None]
    low, high = 0.0, max(minutes_left, 0.0) / min(shares)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if duration(tasks, middle, lanes) <= minutes_left else (low, middle)
    return max(SHORTEST_MINUTES, task.minutes_at(low))


def duration(tasks: Sequence[Task], scale: float, lanes: int) -> float:
    """Minutes until the last task ends, where a share of 1 is worth `scale` minutes.

    What is after something that is not among the tasks may begin at once.
    """
    begins = {task.name: -task.spent for task in tasks if task.is_running}
    ends = {task.name: task.minutes_at(scale) for task in tasks if task.is_running}
    free = [*ends.values(), *([0.0] * lanes)][:lanes]
    heapq.heapify(free)
    waiting = [task for task in tasks if not task.is_running]
    names = {task.name for task in tasks}
    while waiting:
        now = heapq.heappop(free)
        ready = [(_ready_at(task, names, begins, ends), task) for task in waiting]
        known = [(max(at, now), number) for number, (at, _) in enumerate(ready) if at is not None]
        begin, number = min(known)
        task = waiting.pop(number)
        begins[task.name] = begin - task.spent
        ends[task.name] = begin + task.minutes_at(scale)
        heapq.heappush(free, ends[task.name])
    return max(ends.values(), default=0.0)


def _ready_at(task: Task, names: set[str], begins: dict[str, float], ends: dict[str, float]) -> float | None:
    """When everything before it is there; None where something of that is not planned yet."""
    needed = [name for name in task.after if name in names]
    start = task.head_start
    if start is not None and start.stage in names:
        needed.append(start.stage)
    if any(name not in ends for name in needed):
        return None
    times = [ends[name] for name in task.after if name in names]
    if start is not None and start.stage in names:
        begin, end = begins[start.stage], ends[start.stage]
        times.append(begin + start.share * (end - begin))
    return max(times, default=0.0)
