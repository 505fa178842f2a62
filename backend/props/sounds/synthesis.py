"""From a class name to a finished training clip: the source, the cut, the room, the microphone."""

import numpy as np
import numpy.typing as npt

from .clip import SAMPLE_RATE, SECONDS
from .recording import best_window, recorded
from .room import in_a_room
from .variants import dry_sound, variants_of

_LONGER_TAKE_SHARE = 0.3


def synthesise(
    prop_class: str, rng: np.random.Generator, variants: tuple[str, ...] | None = None
) -> npt.NDArray[np.float32]:
    """One clip of a class's sound, mono float32 [T] in [-1, 1] at SAMPLE_RATE, 1 to 4 seconds, fixed by ``rng``.

    What happens, pitch, material, rhythm, length, cut, room, microphone, noise and level all vary from call to call.
    variants: only these of the class's ``variants_of``; all by default.
    Raises ValueError for a class outside SOUNDING_CLASSES and for variants that the class does not have.
    """
    known = variants_of(prop_class)
    count = round(rng.uniform(*SECONDS) * SAMPLE_RATE)
    longer = round(count * rng.uniform(1.1, 1.5)) if rng.random() < _LONGER_TAKE_SHARE else count
    take = dry_sound(prop_class, longer, rng, known if variants is None else variants)
    return recorded(in_a_room(best_window(take, count, rng), rng), rng).astype(np.float32)
