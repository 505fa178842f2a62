"""Modal synthesis: a blow of finite contact time sets a bank of damped modes ringing.

A body rings at the natural frequencies of its shape; each mode decays exponentially. One two-pole filter per mode makes
both exactly, and one pass serves all blows of a clip.
"""

import numpy as np
import numpy.typing as npt
from scipy import signal

from .clip import SAMPLE_RATE, Samples

_HIGHEST = 0.48 * SAMPLE_RATE


def blows(count: int, times: Samples, strengths: Samples | float, contact: float) -> Samples:
    """Forces [count]: one Hann-shaped push of ``contact`` seconds and unit peak times its strength at each time.

    A soft mallet touches long and so wakes only low modes; a hard one touches shortly and wakes all.
    """
    width = max(1, round(contact * SAMPLE_RATE))
    push = np.hanning(width + 2)[1:-1] / np.sqrt(width)
    forces = np.zeros(count + width)
    starts = np.clip((times * SAMPLE_RATE).astype(int), 0, count - 1)
    np.add.at(forces, starts[:, None] + np.arange(width), np.broadcast_to(strengths, starts.shape)[:, None] * push)
    return forces[:count]


def ring(forces: Samples, frequencies: npt.ArrayLike, decays: npt.ArrayLike, gains: npt.ArrayLike) -> Samples:
    """The forces [T] heard through modes of given frequency (Hz), time to fall by 60 dB (s) and gain; same length.

    Modes that the sample rate cannot hold are left out.
    """
    sound = np.zeros_like(forces)
    for frequency, decay, gain in zip(*np.broadcast_arrays(frequencies, decays, gains), strict=True):
        if frequency >= _HIGHEST:
            continue
        radius = 10.0 ** (-3.0 / (decay * SAMPLE_RATE))
        angle = 2.0 * np.pi * frequency / SAMPLE_RATE
        poles = [1.0, -2.0 * radius * np.cos(angle), radius**2]
        sound += signal.lfilter([0.0, gain * radius * np.sin(angle)], poles, forces)
    return sound
