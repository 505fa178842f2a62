"""A question that a suite answers: the objects it needs, how one is scored, and what the report says of all."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from ..archive import Archive
from ..capture import Capture, Watch
from ..case import Case
from ..document import Section
from ..judges import Judge


class Study(Protocol):
    """One section of a report; sent to the processes that work, so it is plain data."""

    @property
    def name(self) -> str:
        """Short and lower case, as the command line has it."""
        ...

    @property
    def cases(self) -> tuple[Case, ...]:
        """The objects to make; those of another study (Case.study) are shared with it, and scored by it."""
        ...

    @property
    def watch(self) -> Watch:
        """What is kept of every object while it is made."""
        ...

    @property
    def is_timed(self) -> bool:
        """Whether its objects must have the machine to themselves."""
        ...

    def score(self, case: Case, made: Capture, judges: Sequence[Judge]) -> object:
        """Score one of its own objects: a frozen dataclass that typed_json can write."""
        ...

    def section(self, archive: Archive) -> Section:
        """What the records on disk say, complete or not."""
        ...


@runtime_checkable
class Surveying(Protocol):
    """A study that also finds out something for which no object is needed."""

    def survey(self, judges: Sequence[Judge]) -> object:
        """Find it out: a frozen dataclass that typed_json can write."""
        ...
