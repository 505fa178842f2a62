"""Feed damaged messages, pictures and sounds to what reads them, and report crashes, hangs and growth of memory.

    python benchmarks/fuzz.py --messages 1000000                        # in this process's child, some minutes
    python benchmarks/fuzz.py --messages 0 --decoders 1800              # seconds for pictures, and as many for sounds
    python benchmarks/fuzz.py --messages 0 --guided 600                 # guided by coverage; needs atheris
    python benchmarks/fuzz.py --messages 0 --socket 100000              # over TCP, to a real server

Prints one JSON object. Every case follows from the seed and its number. Exit status 1 if anything crashed or hung.
"""

import dataclasses
import json
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import tyro

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "shared"), str(ROOT / "tests" / "backend")]

PACKAGES = ("pyzmq", "msgpack", "numpy", "pillow", "soundfile", "hypothesis")


@dataclass(frozen=True)
class Arguments:
    """How much of what; 0 leaves it out."""

    messages: int = 1_000_000
    """Damaged messages for shared/wire.py and the check of requests."""
    seconds: float = 3600.0
    """The longest that those may take."""
    decoders: float = 0.0
    """Seconds for each of the decoders of pictures and of sounds."""
    guided: float = 0.0
    """Seconds of coverage-guided messages, by atheris (libFuzzer)."""
    socket: int = 0
    """Damaged messages over TCP to a server with the fake profile."""
    seed: int = 1
    """Another one damages otherwise."""
    output: Path | None = None
    """Write the JSON object here too."""


def main(arguments: Arguments) -> int:
    from fuzzing.watched import Outcome, run

    outcomes: list[Outcome] = []
    if arguments.messages:
        outcomes.append(run("wire", arguments.messages, arguments.seconds, arguments.seed))
    if arguments.decoders:
        outcomes.append(run("pictures", sys.maxsize, arguments.decoders, arguments.seed))
        outcomes.append(run("sounds", sys.maxsize, arguments.decoders, arguments.seed))
    if arguments.guided:
        from fuzzing.guided import run_guided

        outcomes.append(run_guided(arguments.guided, arguments.seed))
    if arguments.socket:
        from fuzzing.over_socket import run_over_socket

        outcomes.append(run_over_socket(arguments.socket, arguments.seconds, arguments.seed))
    report = {
        "machine": f"{platform.machine()} {platform.system()}, Python {platform.python_version()}",
        "packages": {name: version(name) for name in PACKAGES},
        "outcomes": [dataclasses.asdict(outcome) for outcome in outcomes],
    }
    text = json.dumps(report, indent=1)
    sys.stdout.write(text + "\n")
    if arguments.output is not None:
        arguments.output.write_text(text + "\n", "utf-8")
    return int(any(outcome.crashes or outcome.hangs for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Arguments, description=__doc__)))
