"""Everything about the full-size generator that only a GPU can tell, within ten minutes and without any weights.

Networks of the published shapes are filled with random numbers. OUT/gpu.json gets every raw time, with the device, the
versions and the commit, and OUT/gpu.md the same in short tables. Each result is written when it is there: a run that is
interrupted, or out of time, goes on when the same command is given again. What fails or is left out is named.

    python benchmarks/gpu.py --out benchmarks/results/h100
    python benchmarks/gpu.py --out /tmp/quick --device cpu --size quick --rounds 2
"""

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
import tyro
from any_to_3d.backend.evaluation.whole_file import write_whole
from any_to_3d.backend.runtime import choose_device
from gpu_parts import draft, kernels, memory, networks, peers, phases
from gpu_parts.case import Case, LeftOut, Part, PartName
from gpu_parts.journal import Journal
from gpu_parts.origin import origin
from gpu_parts.report import markdown
from gpu_parts.timing import Rounds
from gpu_parts.world import Size, World

PARTS: dict[PartName, Part] = {
    "networks": networks.part,
    "phases": phases.part,
    "peers": peers.part,
    "draft": draft.part,
    "memory": memory.part,
    "kernels": kernels.part,
}
"""In the order of their worth, should time run out."""

WHOLE_PART = "the part as a whole"


@dataclass(frozen=True)
class Arguments:
    """What to measure, on what, and for how long."""

    out: Path
    """Folder of gpu.json and gpu.md; results that are in there are kept, and not measured again."""
    parts: tuple[PartName, ...] = tuple(PARTS)
    """networks alone; phases: steps divided by term; peers: the same steps as public code takes them; draft: one whole
    run; memory by preset; kernels."""
    device: str = "auto"
    """cuda, cuda:1, cpu ..."""
    size: Size = "full"
    """quick: narrow networks and small pictures for tests, whose numbers say nothing."""
    rounds: int = 20
    """Measurements of everything whose median is told."""
    is_compiling: bool = True
    """Compile our networks, as a job does on a GPU; minutes where nothing was compiled before."""
    minutes: float = 9.5
    """Nothing is begun after this; what remains is listed as left out."""


@dataclass(frozen=True)
class Budget:
    """Time that is there for measuring."""

    minutes: float
    began: float

    @property
    def is_spent(self) -> bool:
        return time.monotonic() - self.began >= 60 * self.minutes


def main(arguments: Arguments) -> int:
    """Measure what is not measured yet; 1 if anything failed, else 0."""
    budget = Budget(arguments.minutes, time.monotonic())
    rounds = Rounds(arguments.rounds, 3 if arguments.size == "full" else 1)
    device = choose_device(arguments.device)
    if device.type == "cuda":
        # Events, streams and graphs are of the current device, which is the first unless one says.
        torch.cuda.set_device(device)
    world = World(device, arguments.size, rounds, arguments.is_compiling)
    journal = Journal(arguments.out / "gpu.json", origin(world))
    for name in PARTS:
        if name in arguments.parts:
            with named_failure(name, WHOLE_PART, journal):
                run_part(name, PARTS[name], world, journal, budget)
            write_whole(arguments.out / "gpu.md", markdown(journal))
    failed = [f"{name}, {case}" for name in arguments.parts for case in journal.failures(name)]
    sys.stderr.write(f"failed: {'; '.join(failed)}\n" if failed else "nothing failed\n")
    return 1 if failed else 0


def run_part(name: PartName, part: Part, world: World, journal: Journal, budget: Budget) -> None:
    """Every case of a part that is not measured yet, while there is time; nothing of one stays for the next."""
    for case in part(world):
        if journal.has(name, case.name):
            continue
        if budget.is_spent:
            journal.leave_out(name, case.name, f"no time: {budget.minutes:g} minutes were over before it began")
            continue
        sys.stderr.write(f"{name}: {case.name}\n")
        run_case(name, case, journal)
        gc.collect()
        if world.device.type == "cuda":
            torch.cuda.empty_cache()


def run_case(name: PartName, case: Case, journal: Journal) -> None:
    """Measure one case, and write down what came of it."""
    began = time.monotonic()
    with named_failure(name, case.name, journal):
        try:
            result = case.measure()
        except LeftOut as reason:
            journal.leave_out(name, case.name, str(reason))
        else:
            journal.keep(name, case.name, result, time.monotonic() - began)


@contextmanager
def named_failure(name: PartName, case: str, journal: Journal) -> Iterator[None]:
    """What goes wrong in here is written down, and keeps nothing else from being measured."""
    try:
        yield
    except Exception as error:  # Any: out of memory, a compiler, a driver, a failed run; each by its own name.
        journal.fail(name, case, f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}")


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Arguments, description=__doc__)))
