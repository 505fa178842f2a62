"""Clips written to files, to be listened to."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from .clip import SAMPLE_RATE, SOUNDING_CLASSES, require_sounding
from .synthesis import synthesise


def write_examples(folder: Path, count: int, seed: int, classes: Sequence[str] = SOUNDING_CLASSES) -> list[Path]:
    """Write ``count`` training clips of each class as WAV files ``class_0.wav`` ... and return their paths.

    16-bit, mono. The folder is made if missing; files of the same names are overwritten. The same seed gives the same
    clips, whatever the count and the other classes. Raises ValueError for a count under 1, and before anything is
    written for a class without a sound.
    """
    if count < 1:
        raise ValueError(f"count is {count}; ask for at least 1 clip of each class")
    for prop_class in classes:
        require_sounding(prop_class)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for prop_class in dict.fromkeys(classes):
        number = SOUNDING_CLASSES.index(prop_class)
        for index in range(count):
            path = folder / f"{prop_class}_{index}.wav"
            clip = synthesise(prop_class, np.random.default_rng([seed, number, index]))
            soundfile.write(path, clip, SAMPLE_RATE, subtype="PCM_16")
            written.append(path)
    return written
