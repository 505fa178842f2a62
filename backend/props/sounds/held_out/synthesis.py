"""From a class name to a finished held-out clip."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..clip import SAMPLE_RATE, SECONDS, Samples, require_sounding
from .door import house
from .impacts import axe, bell, drum, hammer, key, mug, sword
from .place import captured, in_a_place
from .scraps import book, candle, lantern, tent
from .streams import boat, bottle, car, rocket, tree, well

_SOURCES: dict[str, Callable[[int, np.random.Generator], Samples]] = {
    "bell": bell,
    "drum": drum,
    "car": car,
    "boat": boat,
    "lantern": lantern,
    "candle": candle,
    "bottle": bottle,
    "house": house,
    "sword": sword,
    "axe": axe,
    "hammer": hammer,
    "rocket": rocket,
    "tree": tree,
    "mug": mug,
    "well": well,
    "key": key,
    "book": book,
    "tent": tent,
}


def synthesise_held_out(prop_class: str, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """One clip like ``synthesise``'s, mono float32 [T] in [-1, 1] at SAMPLE_RATE, 1 to 4 seconds, by other methods.

    For evaluation only; fixed by ``rng``. Raises ValueError for a class outside SOUNDING_CLASSES.
    """
    require_sounding(prop_class)
    count = round(rng.uniform(*SECONDS) * SAMPLE_RATE)
    sound = _SOURCES[prop_class](count, rng)
    return captured(in_a_place(sound, rng), rng).astype(np.float32)
