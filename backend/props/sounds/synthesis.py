"""From a class name to a finished training clip: the source, the cut, the room, the microphone."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from .clip import SAMPLE_RATE, SECONDS, Samples, require_sounding
from .door import house
from .liquids import boat, bottle, well
from .machines import car, rocket, tent
from .recording import best_window, recorded
from .room import in_a_room
from .rustling import book, candle, lantern, tree
from .struck import bell, drum, key, mug
from .tools import axe, hammer, sword

_LONGER_TAKE_SHARE = 0.3

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


def synthesise(prop_class: str, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """One clip of a class's sound, mono float32 [T] in [-1, 1] at SAMPLE_RATE, 1 to 4 seconds, fixed by ``rng``.

    Pitch, material, rhythm, length, cut, room, microphone, noise floor and level all vary from call to call.
    Raises ValueError for a class outside SOUNDING_CLASSES.
    """
    require_sounding(prop_class)
    count = round(rng.uniform(*SECONDS) * SAMPLE_RATE)
    longer = round(count * rng.uniform(1.1, 1.5)) if rng.random() < _LONGER_TAKE_SHARE else count
    take = _SOURCES[prop_class](longer, rng)
    return recorded(in_a_room(best_window(take, count, rng), rng), rng).astype(np.float32)
