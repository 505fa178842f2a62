"""Where numbers come from: machine, command, code and weights, stored with every report."""

import hashlib
import os
import platform
import shlex
import subprocess
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import psutil
import torch

from ..catalogue import ProfileName
from ..generator.recipes import PRESETS, RECIPES
from ..processor import processor_name
from ..runtime import choose_device
from .settings import Settings

_WEIGHTS = ("*.safetensors", "*config.json", "conditioning.json", "tokenizer.json")


@dataclass(frozen=True)
class Source:
    """commit is empty outside a checkout; weights is the SHA-256 of every weights and settings file together."""

    machine: str
    python: str
    torch: str
    command: str
    commit: str
    has_local_changes: bool
    weights: str


@dataclass(frozen=True)
class Contribution:
    """What one run did for a folder of results. studies: that it made or scored something of; none if that is unknown.

    Of runs of versions that recorded less, what is unknown of the source is empty.
    """

    source: Source
    studies: tuple[str, ...]


@dataclass(frozen=True)
class Provenance(Source):
    """The source of the latest run, and what else decides how an evaluation's objects are made.

    recipes: the SHA-256 of every number of every recipe and preset.   earlier_commits: of runs that this one goes on.
    contributions: where what is in the folder comes from, the oldest first.
    """

    profile: str
    suite: str
    plan: str
    views: int
    device: str
    recipes: str
    earlier_commits: tuple[str, ...] = ()
    contributions: tuple[Contribution, ...] = ()

    @property
    def own(self) -> Source:
        """Of the latest run alone."""
        return Source(**{each.name: getattr(self, each.name) for each in fields(Source)})


def source(models: Path) -> Source:
    """Ask the machine, git and the model folder."""
    repository = Path(__file__).parent
    return Source(
        machine=_machine(),
        python=platform.python_version(),
        torch=torch.__version__,
        command=shlex.join(["any-to-3d", *sys.argv[1:]]),
        commit=_git(repository, "rev-parse", "HEAD"),
        has_local_changes=bool(_git(repository, "status", "--porcelain", "--untracked-files=no")),
        weights=weights_checksum(models),
    )


def provenance(settings: Settings, suite: str, plan: str) -> Provenance:
    """The source of an evaluation's results. plan: what else decides how objects are made."""
    return Provenance(
        **asdict(source(settings.models)),
        profile=settings.profile,
        suite=suite,
        plan=plan,
        views=settings.views,
        device=choose_device(settings.device).type,
        recipes=recipes_checksum(settings.profile),
    )


def recipes_checksum(profile: ProfileName) -> str:
    """SHA-256 of the profile's recipes and presets as they print: they are data, with every number in it."""
    return hashlib.sha256(repr((RECIPES[profile], PRESETS[profile])).encode()).hexdigest()


def weights_checksum(models: Path) -> str:
    """SHA-256 over the names and contents of the weights and settings files under ``models``, in order of name."""
    total = hashlib.sha256()
    for path in sorted(path for pattern in _WEIGHTS for path in models.rglob(pattern)):
        total.update(path.relative_to(models).as_posix().encode())
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    text = f"{platform.system()}, {os.cpu_count()} cores of {processor_name()}, {memory:.0f} GiB"
    if torch.cuda.is_available():
        text += f", {torch.cuda.get_device_name()}"
    return text


def _git(folder: Path, *arguments: str) -> str:
    """The answer of git, or nothing where there is no git or no checkout."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=30)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
