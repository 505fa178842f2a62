"""Made of scraps of noise laid side by side: lantern, candle, book, tent. Each: (samples, rng) -> sound [samples]."""

import numpy as np

from ..clip import SAMPLE_RATE, Samples
from .grains import drawn_noise, laid, pulse_times, random_walk
from .loops import loop


def lantern(count: int, rng: np.random.Generator) -> Samples:
    """Fire as grains: cracks with power-law loudness, each a fresh scrap of noise, over a drawn flutter."""

    def crack() -> Samples:
        length = int(rng.integers(20, 160))
        scrap = rng.standard_normal(length) * np.exp(-5.0 * np.arange(length) / length)
        return min(5.0, 0.25 * rng.random() ** -0.8) * (scrap - scrap.mean())

    flutter = random_walk(rng, count, 14.0) * 0.7 + 0.3
    flame = drawn_noise(rng, count, lambda f, _: np.exp(-f / 160.0) + 0.02 * np.exp(-(((f - 4000.0) / 2500.0) ** 2)))
    cracks = laid(count, pulse_times(rng, count, rng.uniform(14.0, 40.0), 1.3), crack)
    return 0.12 * rng.uniform(0.5, 2.0) * flame * flutter + cracks


def candle(count: int, rng: np.random.Generator) -> Samples:
    """A puff or two, drawn: everything at once in the low bands, the high ones only while the breath is fast."""
    seconds = count / SAMPLE_RATE
    breaths = rng.integers(1, 2 + (seconds > 1.6) + (seconds > 3.0))
    times = rng.uniform(0.05, 0.3) + rng.uniform(0.7, 1.1) * np.arange(breaths)
    times = times[times < seconds - 0.4] if len(times) > 1 else times
    held, fall, corner = rng.uniform(0.03, 0.25), rng.uniform(0.06, 0.15), rng.uniform(400.0, 1100.0)

    def spectrum(f: Samples, t: Samples) -> Samples:
        after = [(t - start).clip(0.0) for start in times]
        flow = sum((a / 0.04).clip(0.0, 1.0) * np.exp(-(a - held).clip(0.0) / fall) for a in after)
        return flow / (1.0 + (f / (corner * (0.2 + flow))) ** 1.5) * (1.0 + 1.5 * np.exp(-f / 90.0))

    return drawn_noise(rng, count, spectrum) * (0.7 + 0.3 * random_walk(rng, count, 40.0))


def book(count: int, rng: np.random.Generator) -> Samples:
    """Paper from crackling grains: a swish whose grains grow brighter, or a thumbed edge of even small snaps."""

    def snap() -> Samples:
        scrap = np.diff(rng.standard_normal(420)) * np.exp(-np.arange(419) / 110.0)
        return rng.uniform(0.3, 1.0) * np.convolve(scrap, [0.5, 0.5])

    if rng.random() < 0.35:
        run = np.cumsum(1.0 / np.linspace(16.0, rng.uniform(30.0, 60.0), 90) * rng.uniform(0.7, 1.3, 90))
        return laid(count, run[run < min(rng.uniform(0.8, 2.4), count / SAMPLE_RATE - 0.05)], snap)

    def page() -> Samples:
        length = round(rng.uniform(0.28, 0.6) * SAMPLE_RATE)
        share = np.arange(length) / length
        grains = rng.standard_normal(length) * (0.35 + (rng.random(length) < 0.03) * 3.0)
        swell = share ** rng.uniform(0.8, 1.8) * (1.0 - share) ** 0.6
        blurred = np.convolve(grains, np.hanning(9) / 4.0, mode="same")
        dull = blurred - np.convolve(blurred, np.full(31, 1.0 / 31.0), mode="same")
        bright = grains - np.convolve(grains, np.full(15, 1.0 / 15.0), mode="same")
        return swell * ((1.0 - share) * dull + share * bright)

    return laid(count, pulse_times(rng, count, rng.uniform(1.0, 1.9), 0.2), page)


def tent(count: int, rng: np.random.Generator) -> Samples:
    """A zip: clicks of the teeth laid one by one while the slider speeds up and slows, each a scrap in a tiny loop."""
    body = rng.uniform(1400.0, 2500.0)
    tooth = loop(np.concatenate([rng.standard_normal(12), np.zeros(110)]), body, 0.7, 0.15)
    sound, start = np.zeros(count), rng.uniform(0.02, 0.15)
    while start < count / SAMPLE_RATE - 0.2:
        length, top = rng.uniform(0.35, 1.2), rng.uniform(110.0, 250.0)
        grid = np.linspace(0.0, 1.0, 400)
        passed = np.cumsum(top * (0.25 + 0.75 * np.sin(np.pi * grid))) * length / 400.0
        times = start + length * np.interp(np.arange(int(passed[-1])), passed, grid)
        times = times + rng.normal(0.0, 5e-4, len(times))
        sound += laid(count, times, lambda: rng.uniform(0.5, 1.0) * tooth)
        first = round(start * SAMPLE_RATE)
        swell = np.hanning(round(length * SAMPLE_RATE))[: count - first]
        rub = rng.uniform(0.1, 0.3) * np.diff(rng.standard_normal(len(swell) + 1))
        sound[first : first + len(swell)] += swell * rub
        start += length + rng.uniform(0.05, 0.35)
    return sound
