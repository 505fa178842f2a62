"""The unit of measuring: done, failed or left out as a whole, and written down as soon as it is."""

from collections.abc import Callable, Iterator
from dataclasses import Field, dataclass
from typing import Any, ClassVar, Literal, Protocol

from .world import World

PartName = Literal["networks", "phases", "peers", "draft", "memory", "kernels"]


class Result(Protocol):
    """A dataclass of numbers, texts, and mappings and tuples of them, so that it can be written as JSON."""

    # Any: so typeshed has it, and this is what makes a class one that ``asdict`` takes.
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


class LeftOut(Exception):
    """Something that cannot be measured here; the message says why."""


@dataclass(frozen=True)
class Case:
    """``name`` is unique within its part."""

    name: str
    measure: Callable[[], Result]


Part = Callable[[World], Iterator[Case]]
"""The cases of a part in the order of their worth. Loading is left to the cases, so that a finished part costs none."""
