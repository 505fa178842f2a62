"""Captions of every object of a data set, embedded once: words drawn anew at each step would slow training down."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from ..captions import Telling, sample_caption
from ..palette import COLOURS
from ..spec import PropSpec, canonical
from .word_tower import FrozenWords

_COLOURED, _COLOURLESS, _UNNAMED = 8, 3, 3
_CLASS_CAPTIONS = 48


@dataclass(frozen=True)
class CaptionBank:
    """Unit embeddings, float16, of what is said of every object.

    coloured: [N, 8, E].   colourless: [N, 3, E], of the shape alone.   unnamed: [N, 3, E], of all but the colours.
    """

    coloured: Float[Tensor, "N K E"]
    colourless: Float[Tensor, "N L E"]
    unnamed: Float[Tensor, "N L E"]

    @staticmethod
    def of(specs: tuple[PropSpec, ...], words: FrozenWords, seed: int) -> "CaptionBank":
        """Fourteen captions for each object."""
        rng = np.random.default_rng(seed)

        def bank(count: int, telling: Telling) -> Tensor:
            captions = [sample_caption(spec, rng, telling) for spec in specs for _ in range(count)]
            return words.embed(captions).half().unflatten(0, (len(specs), count))

        coloured, colourless = bank(_COLOURED, "all"), bank(_COLOURLESS, "shape")
        return CaptionBank(coloured, colourless, bank(_UNNAMED, "no colour"))

    def drawn(self, objects: Int[Tensor, "B"], telling: Telling, number: Int[Tensor, "B"]) -> Float[Tensor, "B E"]:
        """One caption's embedding for each object; number: any whole numbers, taken around the bank's length."""
        bank = {"all": self.coloured, "no colour": self.unnamed, "shape": self.colourless}[telling]
        return bank[objects, number % bank.shape[1]].float()


def class_captions(classes: tuple[str, ...], words: FrozenWords, seed: int) -> Float[Tensor, "S K E"]:
    """Unit embeddings of 48 sentences for each class that name nothing but the class: all that a sound can say."""
    rng = np.random.default_rng(seed)
    any_colour = next(iter(COLOURS))
    captions = [
        sample_caption(canonical(name, any_colour), rng, "shape") for name in classes for _ in range(_CLASS_CAPTIONS)
    ]
    return words.embed(captions).unflatten(0, (len(classes), _CLASS_CAPTIONS))
