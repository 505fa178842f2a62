"""Sounds that go round in a delay line: plucked strings, tubes, combs, all-passes, and a mesh of them.

After Karplus and Strong (1983), Jaffe and Smith (1983), Schroeder (1962), and van Duyne and Smith (1993).
"""

import numpy as np
from scipy import signal

from ..clip import SAMPLE_RATE, Samples

_LONG = 64
_MESH_RATE = 4_000


def loop(sound: Samples, frequency: float, feedback: float, damping: float) -> Samples:
    """The sound [T] fed round a delay of one period of ``frequency`` (Hz, tuned by interpolation).

    feedback: gain of a round at 0 Hz, under 1; damping: 0 keeps high frequencies, 0.5 averages two samples each round.
    """
    period = SAMPLE_RATE / frequency - damping
    whole = max(1, int(period))
    share = period - whole
    taps = feedback * np.convolve([1.0 - damping, damping], [1.0 - share, share])
    if whole < _LONG:
        return np.asarray(signal.lfilter([1.0], np.concatenate([[1.0], np.zeros(whole - 1), -taps]), sound))
    return _blockwise(sound, whole, taps)


def all_pass(sound: Samples, seconds: float, gain: float) -> Samples:
    """The sound smeared in time at unchanged loudness of every frequency."""
    delay = max(1, round(seconds * SAMPLE_RATE))
    ringing = _blockwise(sound, delay, np.array([gain]))
    late = np.concatenate([np.zeros(delay), ringing[:-delay]])
    return late - gain * ringing


def mesh_drum(rng: np.random.Generator, cells: int, loss: float, seconds: float) -> Samples:
    """One blow on a square skin: a rectilinear mesh of waveguides with fixed edges.

    cells: along an edge; the lowest tone is about 2000 / cells Hz. loss: share of velocity kept per step, under 1.
    """
    now, before = np.zeros((cells + 1, cells + 1)), np.zeros((cells + 1, cells + 1))
    x, y = rng.uniform(0.25, 0.75, 2) * cells
    axis = np.arange(cells + 1)
    bump = np.exp(-((axis[:, None] - x) ** 2 + (axis - y) ** 2) / (2.0 * (0.07 * cells + 0.7) ** 2))
    now[1:-1, 1:-1] = bump[1:-1, 1:-1]
    before[:] = now * 0.6
    heard = tuple(rng.integers(cells // 4, 3 * cells // 4 + 1, 2))
    output = np.empty(round(seconds * _MESH_RATE))
    for step in range(len(output)):
        neighbours = now[:-2, 1:-1] + now[2:, 1:-1] + now[1:-1, :-2] + now[1:-1, 2:]
        before[1:-1, 1:-1] = loss * (0.5 * neighbours - before[1:-1, 1:-1])
        now, before = before, now
        output[step] = now[heard]
    return np.asarray(signal.resample_poly(output, SAMPLE_RATE // _MESH_RATE, 1))


def _blockwise(sound: Samples, delay: int, taps: Samples) -> Samples:
    """y[n] = x[n] + sum_k taps[k] y[n - delay - k], one delay's length at a time."""
    reach = delay + len(taps) - 1
    y = np.concatenate([np.zeros(reach), sound])
    for start in range(reach, len(y), delay):
        stop = min(start + delay, len(y))
        for lag, tap in enumerate(taps, delay):
            y[start:stop] += tap * y[start - lag : stop - lag]
    return y[reach:]
