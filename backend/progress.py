"""How far a job is and how long it will take, from the plan's relative costs and the speed measured so far."""

from .engine import Plan

SMOOTHING = 0.1
"""Weight of the newest step in the moving average of the time per unit of cost."""


class ProgressMeter:
    """Fed with every step; ``overall`` never decreases. Times are seconds from any one clock."""

    def __init__(self, plan: Plan, now: float) -> None:
        self._plan = {phase.name: phase for phase in plan.phases}
        self._before: dict[str, float] = {}
        total = 0.0
        for phase in plan.phases:
            self._before[phase.name] = total
            total += phase.steps * phase.cost
        self._total = max(total + plan.finish_cost, 1e-9)
        self._done = 0.0
        self._last = now
        self._pace: float | None = None
        self._cost = 1.0
        self._steps = 0

    def step(self, phase: str, index: int, now: float) -> None:
        """A step of this phase (index from 0) ended now."""
        plan = self._plan[phase]
        elapsed, self._last = now - self._last, now
        self._cost = plan.cost
        self._done = self._before[phase] + (index + 1) * plan.cost
        self._steps += 1
        # The first step of a run pays for compiling kernels and warming caches; it says nothing about the others.
        if self._steps > 1:
            pace = elapsed / plan.cost
            self._pace = pace if self._pace is None else self._pace + SMOOTHING * (pace - self._pace)

    def skip(self, now: float) -> None:
        """Time spent on something that is no step, such as a snapshot or a checkpoint."""
        self._last = now

    def steps_of(self, phase: str) -> int:
        return self._plan[phase].steps

    @property
    def overall(self) -> float:
        """The fraction of the whole job that is done, in [0, 1]; after the last step, what is missing is the finish."""
        return min(1.0, self._done / self._total)

    @property
    def steps_per_second(self) -> float:
        """The present speed; 0 until it is known."""
        return 0.0 if not self._pace else 1.0 / (self._pace * self._cost)

    @property
    def seconds_left(self) -> float | None:
        """An estimate, or None until the speed is known."""
        return None if self._pace is None else self._pace * (self._total - self._done)
