"""Granular synthesis: short pieces laid into silence at chosen times, and spectra of noise drawn bin by bin."""

from collections.abc import Callable

import numpy as np
from scipy import signal

from ..clip import SAMPLE_RATE, Samples

_FRAME = 512


def laid(count: int, times: Samples, grain: Callable[[], Samples]) -> Samples:
    """A clip [count] with a fresh grain starting at each time (s); what overhangs the end is cut."""
    sound = np.zeros(count)
    for time in times:
        start = int(time * SAMPLE_RATE)
        if 0 <= start < count:
            piece = grain()[: count - start]
            sound[start : start + len(piece)] += piece
    return sound


def pulse_times(rng: np.random.Generator, count: int, rate: float, irregular: float) -> Samples:
    """Times (s) of a renewal process: gamma gaps, ``irregular`` 0 for a clock, 1 for pure chance."""
    expected = max(1, round(rate * count / SAMPLE_RATE * 1.3) + 2)
    shape = 1.0 / max(irregular, 0.02) ** 2
    times = rng.uniform(0.0, 0.1) + np.cumsum(rng.gamma(shape, 1.0 / (rate * shape), expected)) - 0.5 / rate
    times = times[(times >= 0.0) & (times < count / SAMPLE_RATE - 0.05)]
    return times if len(times) else np.array([0.05])


def drawn_noise(rng: np.random.Generator, count: int, power: Callable[[Samples, Samples], Samples]) -> Samples:
    """Noise [count] of unit variance whose spectrum over time is drawn.

    power: called with frequency (Hz, [F, 1]) and time (s, [1, N]); returns amplitudes that broadcast to [F, N].
    """
    frames = count // (_FRAME // 2) + 3
    frequency = np.fft.rfftfreq(_FRAME, 1.0 / SAMPLE_RATE).astype(np.float64)[:, None]
    time = np.arange(frames)[None] * (_FRAME // 2) / SAMPLE_RATE
    phases = rng.standard_normal((len(frequency), frames)) + 1j * rng.standard_normal((len(frequency), frames))
    _, sound = signal.istft(phases * power(frequency, time), SAMPLE_RATE, nperseg=_FRAME)
    return sound[:count] / (sound[:count].std() + 1e-12)


def random_walk(rng: np.random.Generator, count: int, turns: float) -> Samples:
    """A curve [count] from averaged noise with ``turns`` knots a second, stretched to reach both 0 and 1."""
    knots = rng.standard_normal(int(count / SAMPLE_RATE * turns) + 4)
    smooth = np.convolve(knots, [1.0, 2.0, 1.0], mode="valid")
    curve = np.interp(np.linspace(0.0, len(smooth) - 1.0, count), np.arange(len(smooth)), smooth)
    return (curve - curve.min()) / (np.ptp(curve) + 1e-9)
