"""What is asked for in an evaluation: one object, described by data from which its prompt can be made again."""

from dataclasses import dataclass

from ..props.spec import PropSpec, canonical
from .pairs import Pair


@dataclass(frozen=True)
class TextPart:
    """Words of a prompt."""

    text: str
    weight: float = 1.0


@dataclass(frozen=True)
class PicturePart:
    """A picture of a prop; angles in degrees. ground_seed: of a coloured, uneven ground behind it; None is white."""

    spec: PropSpec
    azimuth: float = 0.0
    elevation: float = 15.0
    ground_seed: int | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class SoundPart:
    """A sound of a class, made by the methods that training never heard."""

    prop_class: str
    seed: int
    weight: float = 1.0


Part = TextPart | PicturePart | SoundPart


@dataclass(frozen=True)
class Target:
    """What the object should be: the prompt that its views should retrieve, and the prop it is compared with."""

    text: str
    spec: PropSpec

    @staticmethod
    def of_pair(pair: Pair) -> "Target":
        """The canonical prop of a prompt."""
        return Target(pair.text, canonical(pair.prop_class, pair.colour))

    @property
    def is_held_out(self) -> bool:
        """Whether training had no such prop."""
        return self.spec.is_held_out

    @property
    def label(self) -> str:
        return f"{self.text} (held out)" if self.is_held_out else self.text


@dataclass(frozen=True)
class Case:
    """One object to make and score.

    name: of its folder, different in every case of a suite.   study: who scores it.   steps_scale: multiplies the
    steps of recipes that have no quicker preset.
    """

    name: str
    study: str
    parts: tuple[Part, ...]
    target: Target
    recipe: str = "xbind"
    preset: str = "standard"
    seed: int = 0
    steps_scale: float = 1.0

    @property
    def label(self) -> str:
        return f"{self.target.label}, seed {self.seed}"
