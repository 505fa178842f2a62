"""The suites by name: which questions they ask, and what may be chosen about them."""

from dataclasses import dataclass

from .builtin_suite import FULL, QUICK, builtin_studies
from .settings import Knowledge
from .studies.limits import LIMITS, QUICK_LIMIT
from .studies.smoke import smoke_study
from .studies.study import Study


@dataclass(frozen=True)
class Wishes:
    """What the command line asked for; None leaves it to the suite."""

    suite: str = "smoke"
    recipe: str | None = None
    preset: str | None = None
    seeds: int | None = None
    quick: bool = False
    studies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suite:
    """plan: what decides how its objects are made; results of different plans do not mix in a folder.

    studies: all that the report tells of.   wanted: the names of those to work on now.   limits: of what it can show.
    """

    name: str
    plan: str
    studies: tuple[Study, ...]
    wanted: tuple[str, ...]
    limits: tuple[str, ...] = ()


def choose_suite(wishes: Wishes, known: Knowledge, views: int) -> Suite:
    """The suite that was asked for. Raises ValueError for an unknown one, and for wishes that it cannot fulfil."""
    if wishes.seeds is not None and wishes.seeds < 1:
        raise ValueError(f"got seeds {wishes.seeds}; there must be at least 1")
    match wishes.suite:
        case "smoke":
            return _smoke(wishes, known, views)
        case "builtin":
            return _builtin(wishes, known, views)
        case other:
            raise ValueError(f"unknown suite {other!r}; there is: smoke, builtin")


def _smoke(wishes: Wishes, known: Knowledge, views: int) -> Suite:
    if wishes.quick or wishes.studies:
        raise ValueError("suite smoke is one study and has no quick form; give --quick and --studies to suite builtin")
    recipe, preset = wishes.recipe or "xbind", wishes.preset or "standard"
    study = smoke_study(known.unknown_words, views, wishes.seeds, recipe, preset)
    return Suite("smoke", f"recipe {recipe}, preset {preset}", (study,), (study.name,))


def _builtin(wishes: Wishes, known: Knowledge, views: int) -> Suite:
    if wishes.recipe or wishes.preset or wishes.seeds:
        raise ValueError(
            "suite builtin says itself which recipes, presets and seeds; leave them out, or use suite smoke"
        )
    studies = builtin_studies(known, views, QUICK if wishes.quick else FULL)
    names = tuple(study.name for study in studies)
    if unknown := [name for name in wishes.studies if name not in names]:
        raise ValueError(f"suite builtin has no study {', '.join(unknown)}; there is: {', '.join(names)}")
    plan, limits = ("quick", (QUICK_LIMIT, *LIMITS)) if wishes.quick else ("full", LIMITS)
    return Suite("builtin", plan, studies, wishes.studies or names, limits)
