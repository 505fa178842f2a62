"""Captions of every object of a data set, embedded once: words drawn anew at each step would slow training down."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..captions import sample_caption
from ..palette import COLOURS
from ..spec import PropSpec, canonical
from .word_tower import FrozenWords

_COLOURED, _COLOURLESS = 8, 3
_CLASS_CAPTIONS = 48


@dataclass(frozen=True)
class CaptionBank:
    """Unit embeddings, float16: coloured [N, 8, E] and, for pictures without colours, colourless [N, 3, E]."""

    coloured: Float[Tensor, "N K E"]
    colourless: Float[Tensor, "N L E"]

    @staticmethod
    def of(specs: tuple[PropSpec, ...], words: FrozenWords, seed: int) -> "CaptionBank":
        """Eleven captions for each object."""
        rng = np.random.default_rng(seed)

        def bank(count: int, with_colour: bool) -> Tensor:
            captions = [sample_caption(spec, rng, with_colour=with_colour) for spec in specs for _ in range(count)]
            return words.embed(captions).half().unflatten(0, (len(specs), count))

        return CaptionBank(bank(_COLOURED, True), bank(_COLOURLESS, False))

    def drawn(self, objects: Int[Tensor, "B"], has_colour: Tensor, number: Int[Tensor, "B"]) -> Float[Tensor, "B E"]:
        """One caption's embedding for each object; number: any whole numbers, taken around the bank's length."""
        coloured = self.coloured[objects, number % self.coloured.shape[1]]
        colourless = self.colourless[objects, number % self.colourless.shape[1]]
        return torch.where(has_colour[:, None], coloured, colourless).float()


def class_captions(classes: tuple[str, ...], words: FrozenWords, seed: int) -> Float[Tensor, "S K E"]:
    """Unit embeddings of 48 sentences for each class that name nothing but the class: all that a sound can say."""
    rng = np.random.default_rng(seed)
    any_colour = next(iter(COLOURS))
    captions = [
        sample_caption(canonical(name, any_colour), rng, with_colour=False)
        for name in classes
        for _ in range(_CLASS_CAPTIONS)
    ]
    return words.embed(captions).unflatten(0, (len(classes), _CLASS_CAPTIONS))
