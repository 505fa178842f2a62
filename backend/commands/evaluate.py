"""``any-to-3d evaluate``: measure what the generator makes; see ``evaluation``."""

from dataclasses import dataclass
from pathlib import Path

from ..catalogue import ProfileName
from .threads import require_threads


@dataclass(frozen=True)
class Evaluate:
    """Generate a suite of prompts and report R-precision, shape, texture, time and memory of every phase."""

    suite: str = "smoke"
    """smoke: twelve prompts, phase beside phase. builtin: words, pictures, sounds, mixtures, recipes, presets."""

    quick: bool = False
    """Of suite builtin: a few objects of everything, in draft quality."""

    studies: tuple[str, ...] = ()
    """Of suite builtin: only these; the report keeps what it had of the others."""

    out: Path = Path("runs/evaluation")
    """Report, meshes and contact sheets go here; give it again to go on with an interrupted run."""

    profile: ProfileName = "builtin"
    """Which models generate."""

    recipe: str | None = None
    """The method, xbind unless given; baselines and ablations have names of their own."""

    preset: str | None = None
    """standard unless given; draft or high, of profile full draft, small or paper."""

    device: str = "auto"
    """cpu, cuda, cuda:0 ..."""

    models_folder: Path | None = None
    """Where the weights of profile full lie, if not where 'any-to-3d models path' says."""

    threads: int = 1
    """CPU threads of each process, 0 for what suits the models; the study presets always takes 0."""

    seeds: int | None = None
    """Instead of the suite's own number."""

    workers: int = 1
    """Processes that share the prompts."""

    def run(self) -> int:
        require_threads(self.threads)
        from rich.console import Console

        from ..evaluation import run
        from ..evaluation.settings import Settings
        from ..evaluation.suites import Wishes
        from ..evaluation.worker import ProcessDied

        wishes = Wishes(self.suite, self.recipe, self.preset, self.seeds, self.quick, self.studies)
        settings = Settings(
            out=self.out,
            profile=self.profile,
            device=self.device,
            models_folder="" if self.models_folder is None else str(self.models_folder),
            threads=self.threads,
        )
        try:
            report = run.main(wishes, settings, self.workers)
        except ProcessDied as error:
            raise ValueError(str(error)) from error
        Console().print(f"The report is {report}", highlight=False, soft_wrap=True)
        return 0
