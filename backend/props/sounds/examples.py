"""Clips written to files, to be listened to."""

from pathlib import Path

import numpy as np
import soundfile

from .clip import SAMPLE_RATE, SOUNDING_CLASSES
from .synthesis import synthesise


def write_examples(folder: Path, count: int, seed: int) -> list[Path]:
    """Write ``count`` training clips of each sounding class as WAV files ``class_0.wav`` ... and return their paths.

    16-bit, mono. The folder is made if missing; files of the same names are overwritten. The same seed gives the same
    clips, whatever the count. Raises ValueError for a count under 1.
    """
    if count < 1:
        raise ValueError(f"count is {count}; ask for at least 1 clip of each class")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, prop_class in enumerate(SOUNDING_CLASSES):
        for index in range(count):
            path = folder / f"{prop_class}_{index}.wav"
            clip = synthesise(prop_class, np.random.default_rng([seed, number, index]))
            soundfile.write(path, clip, SAMPLE_RATE, subtype="PCM_16")
            written.append(path)
    return written
