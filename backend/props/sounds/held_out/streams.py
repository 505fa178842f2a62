"""Things that flow: car, rocket, tree, boat, well, bottle. Each: (samples, rng) -> sound [samples]."""

import numpy as np

from ..clip import SAMPLE_RATE, Samples
from .door import hinge
from .grains import drawn_noise, laid, pulse_times, random_walk
from .loops import loop
from .modulation import fm_ping


def car(count: int, rng: np.random.Generator) -> Samples:
    """Combustions one by one: unequal bangs at the crank's angles, sent down an exhaust pipe."""
    rate = rng.uniform(22.0, 50.0) * rng.choice([1.1, 2.0, 3.0]) ** random_walk(rng, count, 1.0)
    turned = np.cumsum(rate) / SAMPLE_RATE
    fired = np.flatnonzero(np.diff(np.floor(turned), prepend=0.0) > 0.0)
    cylinders = rng.uniform(0.6, 1.0, rng.choice([3, 4, 6]))
    bangs = np.zeros(count)
    bangs[fired] = np.resize(cylinders, len(fired)) * rng.uniform(0.85, 1.0, len(fired))
    length = round(rng.uniform(0.004, 0.01) * SAMPLE_RATE)
    share = np.arange(length) / length
    bang = share * np.exp(-6.0 * share) * (1.0 + 0.1 * rng.standard_normal(length))
    train = np.convolve(bangs, bang)[:count]
    pipe = loop(train - train.mean(), rng.uniform(70.0, 150.0), rng.uniform(0.4, 0.75), 0.45)
    gate = np.convolve(bangs, np.hanning(round(0.012 * SAMPLE_RATE)))[:count]
    corner = rng.uniform(250.0, 800.0)
    hiss = drawn_noise(rng, count, lambda f, _: 1.0 / (1.0 + (f / corner) ** 1.5)) * gate
    return pipe / pipe.std() + rng.uniform(0.1, 0.4) * hiss / hiss.std()


def rocket(count: int, rng: np.random.Generator) -> Samples:
    """Shot noise: thousands of small steep waves a second overlap, overdrive the microphone, and fade into rumble."""
    shots = rng.standard_normal(count) * (rng.random(count) < 0.2)
    corner = rng.uniform(180.0, 420.0)
    loudness = random_walk(rng, count, 12.0) * 0.4 + 0.6
    shaped = drawn_noise(rng, count, lambda f, _: 1.0 / (1.0 + (f / corner) ** 1.5) * (f > 20.0))
    waves = np.convolve(shots, np.linspace(1.0, -1.0, 48))[:count]
    roar = shaped + rng.uniform(0.3, 0.7) * waves / waves.std()
    ramp = np.linspace(0.0, 1.0, count)
    envelope = (np.ones(count), np.minimum(1.0, ramp / 0.2 + 0.02), 1.0 - 0.75 * ramp)[rng.integers(3)]
    return np.clip(roar * loudness * envelope * rng.uniform(0.4, 0.9), -1.0, 1.0)


def tree(count: int, rng: np.random.Generator) -> Samples:
    """Leaves as a cloud: wind opens the spectrum upwards, and thousands of leaf touches follow it."""
    wind = random_walk(rng, count, rng.uniform(0.8, 2.0)) * 0.85 + 0.15
    edge, tail = rng.uniform(500.0, 1000.0), rng.uniform(3000.0, 6000.0)
    moving = np.interp

    def spectrum(f: Samples, t: Samples) -> Samples:
        now = moving(t, np.arange(count) / SAMPLE_RATE, wind)
        return now**1.5 * np.exp(-f / tail) * (f / (f + edge)) + 0.5 * now * np.exp(-(((f - 450.0 * now) / 250.0) ** 2))

    air = drawn_noise(rng, count, spectrum)
    leaves = np.zeros(count)
    for _ in range(6):
        touches = rng.standard_normal(count) * (rng.random(count) < 0.003 * wind)
        leaf = np.sin(np.arange(11) * rng.uniform(0.5, 2.4)) * np.hanning(11)
        leaves += np.convolve(touches, leaf)[:count]
    return air + rng.uniform(0.3, 0.9) * leaves / leaves.std()


def boat(count: int, rng: np.random.Generator) -> Samples:
    """Waves drawn as noise that brightens when it breaks, gurgles as gliding FM blips, and a hinge-like creak."""
    period, late = rng.uniform(0.7, 1.6), rng.uniform(0.0, 1.0)
    corner = rng.uniform(250.0, 600.0)

    def spectrum(f: Samples, t: Samples) -> Samples:
        wave = (0.5 + 0.5 * np.sin(2.0 * np.pi * (t / period + late))) ** 2 + 0.1
        return wave / (1.0 + (f / (corner * (0.6 + 1.2 * wave))) ** 1.5) * (f / (f + 120.0))

    def gurgle() -> Samples:
        decay = rng.uniform(0.03, 0.12)
        blip = fm_ping(decay, rng.uniform(280.0, 1300.0), 0.5, 0.3, decay, rng.uniform(0.1, 2.0))
        return rng.uniform(0.3, 1.5) * blip

    sound = drawn_noise(rng, count, spectrum)
    sound += laid(count, pulse_times(rng, count, rng.uniform(14.0, 40.0), 1.2), gurgle)
    if rng.random() < 0.5:
        length = min(count, round(rng.uniform(0.4, 0.9) * SAMPLE_RATE))
        start = rng.integers(count - length + 1)
        sound[start : start + length] += rng.uniform(1.0, 3.0) * hinge(length, rng)
    return sound


def well(count: int, rng: np.random.Generator) -> Samples:
    """Drips as upward FM blips in a long dark delay line, the shaft; now and then a bucket lands."""

    def drip() -> Samples:
        decay = rng.uniform(0.06, 0.15)
        tick = 0.2 * rng.standard_normal(30) * np.linspace(1.0, 0.0, 30)
        blip = fm_ping(decay, rng.uniform(650.0, 1900.0), 1.0, 0.2, decay, rng.uniform(0.2, 2.0))
        blip[:30] += tick
        return rng.uniform(0.4, 1.0) * blip

    sound = laid(count, pulse_times(rng, count, rng.uniform(1.0, 2.8), 0.5), drip)
    if rng.random() < 0.3:
        length = min(count, round(rng.uniform(0.4, 0.8) * SAMPLE_RATE))
        splash = drawn_noise(rng, length, lambda f, t: np.exp(-6.0 * t) / (1.0 + (f / 900.0) ** (1.0 + 2.0 * t)))
        start = rng.integers(count - length + 1)
        sound[start : start + length] += rng.uniform(0.15, 0.4) * splash
    shaft = loop(sound, 1.0 / rng.uniform(0.025, 0.07), rng.uniform(0.8, 0.92), rng.uniform(0.05, 0.2))
    blurred = shaft + 0.6 * loop(shaft, 1.0 / rng.uniform(0.011, 0.019), 0.6, 0.3)
    return sound + rng.uniform(0.5, 1.2) * blurred


def bottle(count: int, rng: np.random.Generator) -> Samples:
    """Breath noise kept circling in a dark tube until one tone stands out of it, then squeezed, so that it steadies."""
    pitch = rng.uniform(110.0, 450.0)
    blown = np.zeros(count)
    puffs = int(rng.integers(1, 4)) if count > 1.5 * SAMPLE_RATE else 1
    for part in np.array_split(np.arange(count), puffs):
        quiet = int(len(part) * rng.uniform(0.03, 0.2))
        body = np.minimum(1.0, np.minimum(np.arange(len(part)) / 1600.0, np.arange(len(part))[::-1] / 2600.0))
        blown[part] = np.concatenate([np.zeros(quiet), body[: len(part) - quiet]])
    breath = rng.standard_normal(count) * blown
    tube: Samples = breath
    for _ in range(2):
        tube = loop(tube, pitch, 0.985, 0.5)
        tube -= tube.mean()
    steady = np.tanh(2.0 * tube / (tube.std() + 1e-9)) * blown
    # A Helmholtz resonator has no overtones near its tone, unlike a loop: this window is deaf from 1.6 times it on.
    dark = np.convolve(steady, np.hanning(round(1.2 * SAMPLE_RATE / pitch)), mode="same")
    return dark / dark.std() + rng.uniform(0.05, 0.3) * breath
