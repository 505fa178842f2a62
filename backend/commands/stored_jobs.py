"""``any-to-3d jobs pin | unpin | prune``: what of the jobs on disk is kept; these read the data folder themselves."""

import time
from dataclasses import dataclass
from pathlib import Path

import tyro

JobName = tyro.conf.Positional[str]


@dataclass(frozen=True)
class PinJob:
    """Keep a job from being deleted by 'jobs prune' or by a backend's own limits."""

    job: JobName
    data: Path | None = None
    """The data folder, if not the default one; a backend may be using it."""

    def run(self) -> int:
        from ..pins import pin

        _say(f"{pin(_folder(self.data), self.job)} is pinned")
        return 0


@dataclass(frozen=True)
class UnpinJob:
    """Let a job be deleted again that was pinned, or that a saved .blend refers to."""

    job: JobName
    data: Path | None = None
    """The data folder, if not the default one; a backend may be using it."""

    def run(self) -> int:
        from ..pins import unpin

        _say(f"{unpin(_folder(self.data), self.job)} is not pinned any more")
        return 0


@dataclass(frozen=True)
class PruneJobs:
    """Delete ended jobs that are old, or the oldest until the rest is small enough; never a pinned one, nor one
    that a saved .blend refers to, unless you say so.

    Folders in which no file is go too if they have no record. No backend may be using the data folder: one that runs
    does the same by itself with 'serve --keep-days, --keep-gb'.
    """

    older_than: float | None = None
    """Days since a job's files last changed."""
    keep_gb: float | None = None
    """How large, in GB, all jobs together may stay."""
    even_in_files: bool = False
    """Delete jobs too that a saved .blend refers to: what it has received stays in it, but 'Bring Back' and 'Continue'
    of those jobs will not work any more."""
    unrecorded: bool = False
    """Delete the folders of jobs that have no record too, of any age, but not pinned ones. They are what is left
    of jobs where jobs.sqlite was moved away, and may hold results."""
    dry_run: bool = False
    """Only say what would be deleted."""
    data: Path | None = None
    """The data folder, if not the default one."""

    def run(self) -> int:
        from ..pruning import prune
        from ..retention import Rule
        from ..store import JobStore

        rule = Rule(self.older_than, self.keep_gb)
        if rule.keeps_everything and not self.unrecorded:
            raise ValueError("say what is to go: --older-than DAYS, --keep-gb GB, or both; or --unrecorded")
        store = JobStore(_folder(self.data))
        try:
            for line in prune(store, rule, time.time(), self.unrecorded, self.dry_run, not self.even_in_files):
                _say(line)
        finally:
            store.close()
        return 0


def _folder(data: Path | None) -> Path:
    from ..store import default_folder

    folder = default_folder() if data is None else data
    if not (folder / "jobs").is_dir():
        raise ValueError(f"there are no jobs in {folder}; name the backend's data folder with --data")
    return folder


def _say(text: str) -> None:
    from rich.console import Console

    Console(highlight=False, soft_wrap=True).print(text, markup=False)
