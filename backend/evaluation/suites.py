"""The suites by name: which questions they ask, and what may be chosen about them."""

from dataclasses import dataclass

from .settings import Knowledge
from .smoke_study import smoke_study
from .study import Study


@dataclass(frozen=True)
class Wishes:
    """What the command line asked for; None leaves it to the suite."""

    suite: str = "smoke"
    recipe: str | None = None
    preset: str | None = None
    seeds: int | None = None


@dataclass(frozen=True)
class Suite:
    """plan: what decides how its objects are made; results of different plans do not mix in a folder."""

    name: str
    plan: str
    studies: tuple[Study, ...]


def choose_suite(wishes: Wishes, known: Knowledge, views: int) -> Suite:
    """The suite that was asked for. Raises ValueError for an unknown one, and for wishes that it cannot fulfil."""
    if wishes.seeds is not None and wishes.seeds < 1:
        raise ValueError(f"got seeds {wishes.seeds}; there must be at least 1")
    if wishes.suite == "smoke":
        return _smoke(wishes, known, views)
    raise ValueError(f"unknown suite {wishes.suite!r}; there is: smoke")


def _smoke(wishes: Wishes, known: Knowledge, views: int) -> Suite:
    recipe, preset = wishes.recipe or "xbind", wishes.preset or "standard"
    study = smoke_study(known.unknown_words, views, wishes.seeds, recipe, preset)
    return Suite("smoke", f"recipe {recipe}, preset {preset}", (study,))
