"""Cars: an engine that idles, revs, drives through its gears, passes by, is started; tyres on a road; a horn."""

import numpy as np
from scipy import signal

from .chance import octaves, onsets, wandering
from .clip import SAMPLE_RATE, Samples
from .friction import jerks
from .motion import passing_by
from .noises import band_noise, bursts, unit
from .placing import in_turn
from .resonators import ring
from .tones import harmonics

_ORDERS = 30


def idling(count: int, rng: np.random.Generator) -> Samples:
    """Turning over slowly, a little unevenly; a diesel's knocks are hard and bright."""
    turns = octaves(rng, 8.0, 20.0) * wandering(rng, count, octaves(rng, 0.5, 4.0), 0.95, rng.uniform(1.0, 1.15))
    return engine(turns, rng)


def revving(count: int, rng: np.random.Generator) -> Samples:
    """The throttle opened and closed while standing."""
    most = rng.uniform(1.6, 5.0)
    turns = octaves(rng, 9.0, 22.0) * wandering(rng, count, octaves(rng, 0.5, 2.0), 1.0, most)
    return engine(turns, rng) * turns / turns.mean()


def driving(count: int, rng: np.random.Generator) -> Samples:
    """Accelerating through the gears, over the hiss of the road."""
    gear = octaves(rng, 0.7, 3.0) * SAMPLE_RATE
    share = ((np.arange(count) + rng.uniform(0.0, gear)) % gear) / gear
    turns = octaves(rng, 20.0, 50.0) * (1.0 + rng.uniform(0.2, 1.2) * share)
    smooth = signal.sosfiltfilt(signal.butter(1, 6.0, fs=SAMPLE_RATE, output="sos"), turns)
    return engine(smooth, rng) + octaves(rng, 0.1, 1.0) * _road(count, rng)


def passing(count: int, rng: np.random.Generator) -> Samples:
    """Driving by: louder and higher, then quieter and lower."""
    past = passing_by(count, rng, (7.0, 30.0))
    turns = octaves(rng, 22.0, 60.0) * past.pitch
    sound = engine(turns, rng) + octaves(rng, 0.2, 3.0) * _road(count, rng)
    return sound * past.loudness ** rng.uniform(0.7, 1.3)


def cruising(count: int, rng: np.random.Generator) -> Samples:
    """Heard from inside: a deep steady drone, the boom of the cabin, the road."""
    turns = octaves(rng, 22.0, 55.0) * wandering(rng, count, 1.0, 0.97, 1.03)
    boom = band_noise(rng, count, 30.0, octaves(rng, 90.0, 250.0))
    return engine(turns, rng) + octaves(rng, 0.2, 1.5) * boom + octaves(rng, 0.1, 0.8) * _road(count, rng)


def started(count: int, rng: np.random.Generator) -> Samples:
    """A starter motor that whines and labours, then the engine catches."""
    cranked = round(count * rng.uniform(0.25, 0.7))
    stroke = wandering(rng, cranked, 3.0, 0.9, 1.1) * octaves(rng, 3.0, 7.0)
    load = np.cos(2.0 * np.pi * np.cumsum(stroke) / SAMPLE_RATE)
    whine = harmonics(octaves(rng, 180.0, 500.0) * (1.0 - 0.12 * load), octaves(rng, 0.3, 1.0) ** np.arange(8), rng)
    crank = unit(whine * (0.7 + 0.3 * load) + band_noise(rng, cranked, 200.0, 3000.0) * (1.0 + load))
    rest = count - cranked
    catch = 1.0 + rng.uniform(0.5, 2.0) * np.exp(-np.arange(rest) / (0.4 * SAMPLE_RATE))
    running = engine(octaves(rng, 10.0, 20.0) * catch, rng) * catch
    return in_turn(count, crank * rng.uniform(0.4, 1.0), running)


def horn(count: int, rng: np.random.Generator) -> Samples:
    """Two reeds a third apart, rich in harmonics, over the engine."""
    low = octaves(rng, 300.0, 480.0)
    number = int(rng.integers(1, 4))
    times = onsets(rng, count, octaves(rng, 0.4, 1.2), 0.2, number)
    t = np.arange(count) / SAMPLE_RATE
    pressed = np.zeros(count)
    for time in times:
        length = octaves(rng, 0.12, 1.0)
        pressed += np.clip((t - time) / 0.01, 0.0, 1.0) * np.clip((time + length - t) / 0.03, 0.0, 1.0)
    gains = np.arange(1, 20) ** -rng.uniform(0.2, 0.9)
    reeds = sum(harmonics(np.full(count, low * ratio), gains, rng) for ratio in (1.0, rng.uniform(1.18, 1.27)))
    running = engine(octaves(rng, 10.0, 30.0) * wandering(rng, count, 1.0, 0.9, 1.2), rng)
    return pressed.clip(0.0, 1.0) * unit(np.asarray(reeds)) + rng.uniform(0.1, 0.5) * running


def engine(turns: Samples, rng: np.random.Generator) -> Samples:
    """A four-stroke engine of given speed [T] (turns a second): tone of its exhaust, intake, valves. Unit loudness."""
    cylinders = int(rng.choice([2, 3, 4, 4, 4, 6, 8]))
    make = _orders if rng.random() < 0.5 else _exhaust_pulses
    tone = make(turns, cylinders, rng)
    puff = 0.5 + 0.5 * np.cos(2.0 * np.pi * np.cumsum(turns) / SAMPLE_RATE / 2.0 * cylinders + rng.uniform(0.0, 6.0))
    count = len(turns)
    intake = band_noise(rng, count, 150.0, octaves(rng, 800.0, 2500.0)) * (0.3 + puff ** rng.uniform(1.0, 3.0))
    valves = band_noise(rng, count, 1500.0, 5000.0) * (0.1 + puff**6)
    knocks = octaves(rng, 0.02, 0.6) if rng.random() < 0.35 else octaves(rng, 0.01, 0.1)
    return unit(unit(tone) + octaves(rng, 0.05, 0.8) * intake + knocks * valves)


def _orders(turns: Samples, cylinders: int, rng: np.random.Generator) -> Samples:
    """Harmonics of half the shaft's rate under an exhaust's broad resonance; those of the firing rate lead."""
    phase = 2.0 * np.pi * np.cumsum(turns * (1.0 + 0.02 * rng.standard_normal(len(turns)))) / SAMPLE_RATE
    peak, width = octaves(rng, 50.0, 250.0), rng.uniform(0.7, 1.5)
    uneven = octaves(rng, 0.03, 0.4)
    basis = np.exp(1j * phase / 2.0)
    tone, power = np.zeros(len(turns)), np.ones(len(turns), dtype=complex)
    for order in range(1, _ORDERS + 1):
        power = power * basis
        formant = np.exp(-(np.log(order * turns.mean() / 2.0 / peak) ** 2) / (2.0 * width**2))
        firing = 1.0 if order % cylinders == 0 else uneven * rng.random()
        tone += formant * firing * (power * np.exp(2j * np.pi * rng.random())).real
    return tone


def _exhaust_pulses(turns: Samples, cylinders: int, rng: np.random.Generator) -> Samples:
    """Pressure pulses, each cylinder's of its own strength, through a pipe that resonates at odd multiples."""
    pulses = jerks(turns * cylinders / 2.0, octaves(rng, 0.02, 0.3), rng)
    places = np.flatnonzero(pulses)
    pulses[places] *= np.resize(rng.uniform(0.6, 1.0, cylinders), len(places))
    push = np.hanning(round(octaves(rng, 1.5e-3, 8e-3) * SAMPLE_RATE))
    pressure = np.convolve(pulses, np.diff(push, prepend=0.0), mode="same")
    pipe = octaves(rng, 40.0, 130.0) * np.array([1.0, 3.0, 5.0, 7.0])
    return unit(pressure) + octaves(rng, 0.3, 2.0) * unit(ring(pressure, pipe, octaves(rng, 0.02, 0.12), 0.5))


def _road(count: int, rng: np.random.Generator) -> Samples:
    """Tyres: broad noise with its middle near a kilohertz, now and then a bump."""
    hiss = band_noise(rng, count, octaves(rng, 150.0, 500.0), octaves(rng, 1200.0, 4000.0))
    bumps = onsets(rng, count, octaves(rng, 0.6, 3.0), 0.5)
    thump = bursts(count, bumps, 1.0, 0.005, 0.12) * band_noise(rng, count, 40.0, 250.0)
    return unit(hiss * wandering(rng, count, 2.0, 0.7, 1.0) + rng.choice([0.0, 0.7]) * thump)


CAR = (revving, idling, driving, passing, cruising, started, horn)
