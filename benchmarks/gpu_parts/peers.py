"""Our steps beside the same steps in the public formulation, in one process and in turns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import count

from any_to_3d.backend.kernels.select import REFERENCE

from .case import Case
from .phases import Variant, stand_up, variants
from .public_step import PublicNetworks, PublicStep
from .standing_phase import MIDDLE
from .timing import Laps, Timing, timed_in_turns
from .world import World

AIM = 3.0
"""How many times our time the public formulation is to take at least, at the paper's resolutions."""


@dataclass(frozen=True)
class PeerResult:
    """ratio: theirs over ours.   their_kernels: what theirs draws with; ours always has the device's own."""

    ratio: float
    their_kernels: str
    ours: Timing
    theirs: Timing


def part(world: World) -> Iterator[Case]:
    """The three phases with one picture a step: first with our kernels on both sides, then theirs with plain torch."""
    networks = cache(partial(PublicNetworks.build, world.shapes, world.device, world.eager_dtype))
    paper = variants(world)[:3]
    for has_our_kernels in (True, False):
        for variant in paper:
            name = f"{variant.name}{'' if has_our_kernels else ', theirs with torch kernels'}"
            yield Case(name, partial(measure, world, variant, networks, has_our_kernels))


def measure(
    world: World, variant: Variant, networks: Callable[[], PublicNetworks], has_our_kernels: bool
) -> PeerResult:
    """Both from the middle of the phase; a scene each, so that none finds the other's caches."""
    runtime = world.ours
    their_runtime = runtime if has_our_kernels else replace(runtime, kernels=REFERENCE)
    ours, theirs = stand_up(runtime, variant), PublicStep(stand_up(their_runtime, variant), networks())
    middle = round(MIDDLE * variant.phase.steps)
    our_indices, their_indices = count(middle), count(middle)
    timings = timed_in_turns(
        {
            "ours": lambda: ours.step(next(our_indices), Laps(world.device)),
            "theirs": lambda: theirs.step(next(their_indices)),
        },
        world.device,
        world.rounds,
    )
    mine, public = timings["ours"], timings["theirs"]
    return PeerResult(round(public.median_ms / mine.median_ms, 3), their_runtime.kernels.name, mine, public)
