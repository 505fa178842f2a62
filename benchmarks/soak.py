"""Kill server, worker and client at random moments, again and again, and count what was lost. Nothing may be.

Prints one JSON object: the settings and commit, how often what was killed, and of the jobs how many were accepted,
finished, failed, lost, delivered with other bytes than an undisturbed run's, or gone when they were asked for again. A
job that failed with a reason (its worker died three times without a further checkpoint between) is not lost: it is
counted apart, for its last checkpoint is kept and it can be continued.

    python benchmarks/soak.py --quick > soak.json
    python benchmarks/soak.py --minutes 30 --profile builtin > soak-builtin.json
"""

import json
import random
import shlex
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import tyro
from any_to_3d.backend.asking import Asking
from any_to_3d.backend.evaluation.provenance import source
from any_to_3d.backend.fake_generation import textured_torus
from any_to_3d.backend.models.joint_folder import BUILTIN_FOLDER
from any_to_3d.shared.messages import Finished, Message, Watch
from soaking.notebook import Notebook, Notes, digest
from soaking.world import Load, World, chosen, killers

QUICK_KILLS = 30
END_SECONDS = 300.0
FAKE = (("seconds", 0.6), ("steps", 20.0), ("prepare_seconds", 0.05), ("export_seconds", 0.1))
BUILTIN = (("steps_scale", 0.02), ("texture_size", 128.0), ("max_faces", 600.0))


@dataclass(frozen=True)
class Arguments:
    """How long, and what is soaked."""

    quick: bool = False
    """Some thirty kills, a minute or two."""
    minutes: float = 0.0
    """For how long to kill; after it, everything is let end."""
    kills: int = 0
    """How often to kill, whatever the time; 0 goes by the minutes."""
    profile: Literal["fake", "builtin"] = "fake"
    """fake: many short jobs. builtin: the small networks at their shortest, each compared with an undisturbed run."""
    pause: tuple[float, float] = (1.0, 4.0)
    """Seconds between two kills, from and to; give slow computers longer."""
    ready_seconds: float = 0.0
    """Before each pause, wait at most so long for a worker to be ready: on a slow or busy computer all kills would else
    hit workers that load their models, and no job would get anywhere."""
    seed: int = 1
    """Of the moments and of what is killed."""


@dataclass(frozen=True)
class Losses:
    """Of the jobs. failed: with which reasons.  The counts after it are what must be 0, and the list empty."""

    accepted: int
    finished: int
    failed: dict[str, int]
    without_an_end: int
    results_gone: int
    wrong_bytes: int
    contradictions: int
    ended_by_themselves: list[str]


def main(arguments: Arguments) -> int:
    """Soak, print, and say by the exit status whether anything was lost."""
    load = _load(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="any-to-3d-soak-") as folder:
        expected = _expected(load, Path(folder))
        world = World(_made(Path(folder) / "soaked"), load)
        try:
            kills, ended = _kill_for(arguments, world)
            world.wait_for_the_end(END_SECONDS if load.profile == "fake" else 3 * END_SECONDS)
            losses = _count(world, Notebook(world.notes).read(), expected, ended)
        finally:
            world.close()
    report = {
        "source": asdict(replace(source(BUILTIN_FOLDER), command=shlex.join(["python", *sys.argv]))),
        "settings": {**asdict(arguments), "overrides": dict(load.overrides)},
        "seconds": round(time.monotonic() - started, 1),
        "kills": dict(kills),
        "kills_in_all": kills.total(),
        **asdict(losses),
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    lost = losses.without_an_end + losses.results_gone + losses.wrong_bytes + losses.contradictions
    return int(lost > 0 or bool(losses.ended_by_themselves))


def _load(arguments: Arguments) -> Load:
    if arguments.profile == "fake":
        return Load("fake", 100_000, 4, 1000, "draft", FAKE)
    return Load("builtin", 100_000, 2, 1, "draft", BUILTIN)


def _expected(load: Load, folder: Path) -> dict[int, str]:
    """The digest of an undisturbed run by seed."""
    if load.profile == "fake":
        return {seed: digest(textured_torus(0.6, 0.2, seed)) for seed in range(load.seeds)}
    alone = Load(load.profile, load.seeds, 1, load.seeds, load.preset, load.overrides)
    world = World(_made(folder / "undisturbed"), alone)
    try:
        while len(Notebook(world.notes).read().finished) < load.seeds:
            time.sleep(0.5)
        return dict(Notebook(world.notes).read().finished)
    finally:
        world.close()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _kill_for(arguments: Arguments, world: World) -> tuple[Counter[str], list[str]]:
    chance, kills, ended = random.Random(arguments.seed), Counter[str](), list[str]()
    wanted = arguments.kills or (QUICK_KILLS if arguments.quick else 0)
    until = time.monotonic() + 60 * arguments.minutes
    kill = killers(world)
    while kills.total() < wanted if wanted else time.monotonic() < until:
        world.wait_for_a_worker(arguments.ready_seconds)
        time.sleep(chance.uniform(*arguments.pause))
        ended += world.revive()
        target = chosen(chance)
        kills[target] += kill[target]()
    return kills, ended


def _count(world: World, notes: Notes, expected: dict[int, str], ended: list[str]) -> Losses:
    seeds = len(expected)
    wrong = [number for number, found in notes.finished.items() if found != expected[number % seeds]]
    gone = 0
    with Asking(world.address) as asking:
        # The newest: a backend has the last two hundred at hand.
        for number in list(notes.finished)[-150:]:
            again = asking.answer(Watch(notes.accepted[number], credit=0), _finished, 30.0)
            gone += digest(again.mesh) != notes.finished[number]
    return Losses(
        accepted=len(notes.accepted),
        finished=len(notes.finished),
        failed=dict(Counter(notes.failed.values())),
        without_an_end=len(notes.open),
        results_gone=gone,
        wrong_bytes=len(wrong),
        contradictions=len(notes.contradictions),
        ended_by_themselves=ended,
    )


def _finished(message: Message) -> Finished | None:
    return message if isinstance(message, Finished) else None


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Arguments, description=__doc__)))
