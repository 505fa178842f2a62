"""What a caption states of its prop, and the linear readers that find it again in an embedding."""

from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ..captions import Facts
from ..materials import MATERIALS, PATTERNS
from ..palette import COLOURS
from ..spec import CLASSES, PROPORTIONS, PropSpec
from .word_tower import EMBEDDING_WIDTH

SHARPNESS = 20.0
READERS_FILE = "readers.safetensors"

NAMES = ("class", "colour", "second_colour", "material", "pattern", "proportion")
SIZES = (len(CLASSES), len(COLOURS) + 1, len(COLOURS) + 1, len(MATERIALS), len(PATTERNS), len(PROPORTIONS))
WEIGHTS = (1.0, 1.0, 0.4, 0.4, 0.3, 0.3)
"""A class, or a colour and the number after the last for none; the ordinary material, pattern, proportion is 0."""

NO_COLOUR = len(COLOURS)

_COLOUR_NUMBERS: dict[str | None, int] = {**{name: number for number, name in enumerate(COLOURS)}, None: NO_COLOUR}


def attribute_numbers(of: PropSpec | Facts) -> tuple[int, ...]:
    """What a colour picture of a prop shows, or what a sentence states of one, in the order of NAMES."""
    return (
        CLASSES.index(of.prop_class),
        _COLOUR_NUMBERS[of.colour],
        _COLOUR_NUMBERS[of.second_colour],
        MATERIALS.index(of.material or "plain"),
        PATTERNS.index(of.pattern or "plain"),
        PROPORTIONS.index(of.proportion or "normal"),
    )


class AttributeReaders(nn.Module):
    """A direction on the sphere of embeddings for each value of each attribute, read by cosine."""

    def __init__(self) -> None:
        super().__init__()
        self.directions = nn.ParameterList(torch.randn(size, EMBEDDING_WIDTH) for size in SIZES)

    def loss(
        self, unit: Float[Tensor, "B E"], wanted: Int[Tensor, "B 6"], names: tuple[str, ...] = NAMES
    ) -> Float[Tensor, ""]:
        """Weighted cross-entropy of the named attributes; the others are left to be what they are."""
        total = unit.new_zeros(())
        for number, (name, weight) in enumerate(zip(NAMES, WEIGHTS, strict=True)):
            if name in names:
                logits = SHARPNESS * unit @ F.normalize(self.directions[number], dim=1).T
                total = total + weight * F.cross_entropy(logits, wanted[:, number])
        return total

    def save(self, run: Path) -> None:
        """`run`/readers.safetensors."""
        named = zip(NAMES, self.directions, strict=True)
        save_file({name: direction.detach().cpu().clone() for name, direction in named}, run / READERS_FILE)

    @staticmethod
    def load(run: Path) -> "AttributeReaders":
        """The frozen readers of a finished run of words."""
        readers, tensors = AttributeReaders(), load_file(run / READERS_FILE)
        readers.directions = nn.ParameterList(tensors[name] for name in NAMES)
        return readers.requires_grad_(False)
