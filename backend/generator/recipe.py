"""A whole method as data: phases, scenes, cameras, losses, optimisers. Printing a recipe prints every number."""

from collections import Counter
from dataclasses import dataclass, field, replace

from ..models.protocols import Signal
from .cameras import CameraRange
from .losses.term import Loss
from .matting import TOLERANCE
from .optimisers import Adam, Adan
from .representations.dmtet import DMTet
from .representations.fixed_mesh import FixedMesh
from .representations.nerf import NeRF
from .representations.tet_grid import A15Grid, KuhnGrid
from .schedules import Scheduled, highest


@dataclass(frozen=True)
class Balanced:
    """A weight that keeps a loss's image gradient at ``ratio`` times that of another loss (its name is ``to``).

    After ``warm_up`` uses at the weight ``start``, the ratio of their moving averages decides, within [low, high].
    """

    to: str
    ratio: float = 0.2
    start: float = 10.0
    low: float = 1.0
    high: float = 1000.0
    warm_up: int = 100


@dataclass(frozen=True)
class Weighted:
    """A loss, its weight, and how often it is used (every n-th step)."""

    loss: Loss
    weight: Scheduled | Balanced = 1.0
    every: int = 1


@dataclass(frozen=True)
class StereoCamera:
    """The 3D-aware prior's own view: the phase's directions at this distance and field of view (degrees)."""

    distance: float = 2.5
    fov_y: float = 40.0


@dataclass(frozen=True)
class Phase:
    """One optimisation. size: pixels per side of every render; guide: what the priors see; batch: random views a step.

    stereo: the 3D-aware prior's camera, or None where it shares the random views.
    annealed_steps: over how many steps the schedules run, None for all; in further ones they keep their last value.
    planar_size: pixels per side of what the 2D prior is shown, at most those it was trained at, which None stands for.
    """

    name: str
    steps: int
    start: NeRF | DMTet | FixedMesh
    cameras: CameraRange
    size: int
    guide: Signal
    optimiser: Adam | Adan
    losses: tuple[Weighted, ...]
    batch: int = 1
    stereo: StereoCamera | None = None
    planar_size: int | None = None
    annealed_steps: int | None = None

    def progress(self, index: int) -> float:
        """The fraction of the schedules that is over before this step, in [0, 1]."""
        return min(1.0, index / (self.annealed_steps or self.steps))

    def lengthened(self, steps: int) -> "Phase":
        """The same phase with so many steps more, all of them at the last values of its schedules."""
        return replace(self, steps=self.steps + steps, annealed_steps=self.annealed_steps or self.steps)

    def problems(self) -> list[str]:
        """What does not fit, each as a sentence; empty if the phase can run."""
        found = []
        if self.steps < 1 or self.size < 8 or self.batch < 1:
            found.append(f"steps {self.steps}, size {self.size} and batch {self.batch} must be at least 1, 8 and 1")
        if self.annealed_steps is not None and self.annealed_steps < 1:
            found.append(f"annealed_steps {self.annealed_steps} must be at least 1, or None for all steps")
        if self.planar_size is not None and self.planar_size < 8:
            found.append(f"planar_size {self.planar_size} must be at least 8, or None for the 2D prior's own size")
        if not self.losses:
            found.append("there is no loss, so nothing would change; add one or drop the phase")
        names = Counter(weighted.loss.name for weighted in self.losses)
        found += [f"loss {name} appears {count} times; once is enough" for name, count in names.items() if count > 1]
        provided = f"{type(self.start).__name__} provides {', '.join(sorted(self.start.provides))}"
        for weighted in self.losses:
            name, missing = weighted.loss.name, weighted.loss.channels(self.guide) - self.start.provides
            if missing:
                found.append(
                    f"loss {name} needs {', '.join(sorted(missing))}, but {provided}; "
                    "use it in another phase or drop the term"
                )
            if weighted.every < 1:
                found.append(f"loss {name} is used every {weighted.every} steps; give 1 or more")
            if isinstance(weighted.weight, Balanced):
                found += self._balance_problems(name, weighted.weight.to)
        return found + self._rate_problems()

    def _balance_problems(self, name: str, other: str) -> list[str]:
        found = [weighted for weighted in self.losses if weighted.loss.name == other]
        if not found:
            return [f"loss {name} is balanced with {other}, which is not there"]
        if isinstance(found[0].weight, Balanced):
            return [f"loss {name} is balanced with {other}, which is balanced itself; name one with its own weight"]
        if found[0].loss.needs_reference:
            return [f"loss {name} is balanced with {other}, which rests without a reference view; name another"]
        return []

    def _rate_problems(self) -> list[str]:
        """Parameters that would never move, because the optimiser has no rate for them."""
        still = [group for group in sorted(self.start.trains) if highest(self.optimiser.rates.rate(group)) <= 0]
        return [f"it trains {group}, but the optimiser's rate for {group} is 0; give one" for group in still]


@dataclass(frozen=True)
class ReferenceSampling:
    """Stage 0: how the reference view x_r and its mask m are made (generation of a picture, matting, choice).

    candidates, steps, guidance_scale: BindDiffusion and diffusers' unCLIP pipeline.  text_suffix: appended for a prior
    that reads words.  tolerance: of the matting, as matting.TOLERANCE.  area: accepted share of the image.  border:
    largest share of the border the object may touch.  part: a second component of more than this share of the first
    means two objects.  fill: the object's long side as a share of the image after recentring (zero123), or None to
    leave it where the prior put it.
    elevation, azimuth, distance, fov_y: the reference camera, degrees and world units (threestudio magic123 configs).
    ray_noise: of the reference rays (threestudio data/image.py).
    shape_noise: where the shape is given, the reference view is painted onto it, from its present colours under this
    fraction of the schedule's noise: 1 forgets them.  paints_shape: or, where false, beside it, whatever its outline.
    """

    candidates: int = 4
    steps: int = 50
    guidance_scale: float = 10.0
    text_suffix: str = "a single object, centered, full view, plain white background"
    tolerance: float = TOLERANCE
    area: tuple[float, float] = (0.1, 0.7)
    border: float = 0.02
    part: float = 0.15
    fill: float | None = 0.8
    elevation: float = 0.0
    azimuth: float = 0.0
    distance: float = 2.5
    fov_y: float = 40.0
    ray_noise: float = 2e-3
    shape_noise: float = 1.0
    paints_shape: bool = True

    @property
    def camera(self) -> tuple[float, float, float, float]:
        """What makes two reference cameras the same."""
        return self.elevation, self.azimuth, self.distance, self.fov_y


@dataclass(frozen=True)
class Recipe:
    """A method: stage 0, then the phases in order."""

    name: str
    phases: tuple[Phase, ...]
    reference: ReferenceSampling = field(default_factory=ReferenceSampling)

    def validate(self) -> None:
        """Raise ValueError naming recipe, phase, loss and missing input, before any model is loaded."""
        found = [f"phase {phase.name!r}: {problem}" for phase in self.phases for problem in phase.problems()]
        if self.reference.candidates < 1 or self.reference.steps < 1:
            found.append(f"the reference view needs at least 1 candidate and 1 step, got {self.reference}")
        if not self.phases:
            found.append("there is no phase")
        elif isinstance(first := self.phases[0].start, DMTet) and first.given is None:
            found.append(
                f"phase {self.phases[0].name!r}: a DMTet continues an earlier phase; put a NeRF phase before it"
            )
        for before, after in zip(self.phases, self.phases[1:], strict=False):
            found += [f"phase {after.name!r}: {problem}" for problem in _succession_problems(before, after)]
        if found:
            raise ValueError(f"recipe {self.name!r}, " + "; ".join(found))

    @property
    def needs_stereo(self) -> bool:
        """Whether any loss asks the 3D-aware prior."""
        return any(weighted.loss.view == "stereo" for phase in self.phases for weighted in phase.losses)

    @property
    def total_steps(self) -> int:
        return sum(phase.steps for phase in self.phases)

    def index_of(self, phase: str) -> int:
        """The place of the phase of this name, from 0; raises ValueError naming what there is."""
        names = [each.name for each in self.phases]
        if phase not in names:
            raise ValueError(f"recipe {self.name!r} has no phase {phase!r}; it has {', '.join(names)}")
        return names.index(phase)

    def scaled(self, steps: float = 1.0, size: float = 1.0, grid: int | None = None) -> "Recipe":
        """The same recipe with step counts and image sizes multiplied, and another tetrahedral resolution.

        Schedules run over the fraction of a phase, so they scale with it.
        """
        return replace(self, phases=tuple(_scaled(phase, steps, size, grid) for phase in self.phases))

    def without(self, *losses: str) -> "Recipe":
        """The same recipe with these losses dropped from every phase; raises ValueError if one is nowhere."""
        known = {weighted.loss.name for phase in self.phases for weighted in phase.losses}
        if unknown := set(losses) - known:
            raise ValueError(f"recipe {self.name!r} has no loss {sorted(unknown)}; it has {sorted(known)}")
        phases = [replace(p, losses=tuple(w for w in p.losses if w.loss.name not in losses)) for p in self.phases]
        return replace(self, phases=tuple(phases))


def _succession_problems(before: Phase, after: Phase) -> list[str]:
    """Why one phase cannot go on where another ended."""
    if isinstance(after.start, FixedMesh) and not isinstance(before.start, FixedMesh):
        return [f"a FixedMesh starts from a given mesh, so {before.name!r} would be lost; put it first"]
    if isinstance(after.start, NeRF):
        return [f"a NeRF starts anew, so {before.name!r} would be lost; put it first"]
    found = []
    if after.start.field != before.start.field:
        found.append(f"its field differs from that of {before.name!r}, which it inherits")
    if isinstance(before.start, DMTet) and isinstance(after.start, DMTet) and after.start.grid != before.start.grid:
        found.append(f"its grid {after.start.grid} differs from that of {before.name!r}, {before.start.grid}")
    return found


def _scaled(phase: Phase, steps: float, size: float, grid: int | None) -> Phase:
    start = phase.start
    if grid is not None and isinstance(start, DMTet):
        kind = KuhnGrid if isinstance(start.grid, KuhnGrid) else A15Grid
        start = replace(start, grid=kind(grid))
    annealed = None if phase.annealed_steps is None else max(1, round(phase.annealed_steps * steps))
    count, side = max(1, round(phase.steps * steps)), max(8, round(phase.size * size))
    return replace(phase, steps=count, size=side, start=start, annealed_steps=annealed)
