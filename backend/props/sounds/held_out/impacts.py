"""Blows: bell, drum, mug, key, sword, axe, hammer. Each: (samples, rng) -> sound [samples]."""

import numpy as np

from ..clip import SAMPLE_RATE, Samples
from .grains import drawn_noise, laid, pulse_times
from .loops import loop, mesh_drum
from .modulation import fm_ping


def bell(count: int, rng: np.random.Generator) -> Samples:
    """Chowning's bell: one modulator at an irrational ratio, rung a few times."""
    pitch, ratio = 220.0 * 2.0 ** rng.uniform(0.0, 2.6), rng.choice([1.4, 1.414, 2.76, 3.5]) * rng.uniform(0.98, 1.02)
    index, decay = rng.uniform(1.0, 6.0) * (300.0 / pitch) ** 0.5, rng.uniform(1.5, 6.0)
    blow = fm_ping(decay, pitch, ratio, index, decay)
    under = 0.4 * fm_ping(decay, 0.502 * pitch, 1.0, 0.5, decay)
    times = pulse_times(rng, count, rng.uniform(0.4, 2.2), 0.15)
    return laid(count, times, lambda: rng.uniform(0.6, 1.0) * (blow + under))


def drum(count: int, rng: np.random.Generator) -> Samples:
    """A beaten mesh of waveguides, with a slap of noise at the touch."""
    skins = [
        mesh_drum(rng, cells, rng.uniform(0.992, 0.998), rng.uniform(0.35, 0.8))
        for cells in rng.integers(11, 30, rng.integers(1, 3))
    ]
    slap = drawn_noise(rng, 800, lambda f, _: np.exp(-((f - 900.0) ** 2) / 8e5)) * np.linspace(1, 0, 800) ** 3

    def blow() -> Samples:
        skin = skins[rng.integers(len(skins))].copy()
        skin *= rng.uniform(0.5, 1.0) / np.abs(skin).max()
        skin[:800] += rng.uniform(0.02, 0.15) * slap
        return skin

    beat = rng.uniform(0.12, 0.3)
    slots = 0.05 + beat * np.arange(int((count / SAMPLE_RATE - 0.1) / beat))
    played = np.resize(rng.random(rng.integers(3, 9)) < 0.7, len(slots))
    played[0] = True
    return laid(count, slots[played] + rng.normal(0.0, 0.006, played.sum()).clip(-0.02, 0.02), blow)


def mug(count: int, rng: np.random.Generator) -> Samples:
    """Two ring-modulated pings, as clean and short as fired clay."""
    pitches = rng.uniform(1200.0, 3000.0, 2)

    def clink() -> Samples:
        pitch = pitches[rng.integers(2)]
        decay = rng.uniform(0.12, 0.4)
        t = np.arange(round(decay * SAMPLE_RATE)) / SAMPLE_RATE
        spread = 2.0 * np.pi * pitch * rng.uniform(0.3, 0.55) * t
        body = np.sin(2.0 * np.pi * 1.4 * pitch * t) * np.cos(spread) * np.exp(-8.0 * t / decay)
        return rng.uniform(0.4, 1.0) * body

    rate, irregular = (rng.uniform(3.5, 6.5), 0.2) if rng.random() < 0.35 else (rng.uniform(0.8, 3.0), 0.35)
    return laid(count, pulse_times(rng, count, rate, irregular), clink)


def key(count: int, rng: np.random.Generator) -> Samples:
    """A cloud of tiny high FM grains, thick at each shake."""
    pitches = rng.uniform(2600.0, 6500.0, 5)

    def chink() -> Samples:
        pitch = pitches[rng.integers(5)] * rng.uniform(0.99, 1.01)
        return rng.gamma(1.0, 1.0) * fm_ping(0.12, pitch, rng.uniform(0.2, 0.5), 1.5, rng.uniform(0.04, 0.25))

    shakes = pulse_times(rng, count, rng.uniform(1.6, 4.0), 0.3)
    times = (shakes[:, None] + rng.gamma(1.2, 0.07, (len(shakes), rng.integers(6, 13)))).ravel()
    return laid(count, times, chink)


def sword(count: int, rng: np.random.Generator) -> Samples:
    """Steel by strong frequency modulation at ratios that never meet, with a noise edge and a comb's sliding shriek."""
    pitch = rng.uniform(600.0, 1100.0)
    ratios = 6.5 ** rng.random(7)  # fewer leave pure tones when the indices have died, as a glass has and no blade
    decay = rng.uniform(0.4, 1.2)

    def clash() -> Samples:
        body = np.zeros(round(decay * SAMPLE_RATE))
        for ratio in ratios:
            bent = pitch * ratio * rng.uniform(0.97, 1.03)
            body += fm_ping(decay, bent, rng.uniform(0.23, 0.83), rng.uniform(2.0, 6.0), decay)
        edge = rng.standard_normal(700) * np.linspace(1.0, 0.0, 700) ** 3
        body[:700] += rng.uniform(0.3, 1.0) * (edge - np.roll(edge, 1))
        return rng.uniform(0.5, 1.0) * body

    sound = laid(count, pulse_times(rng, count, rng.uniform(1.0, 3.0), 0.5), clash)
    if rng.random() < 0.4:
        slide = drawn_noise(rng, count, lambda f, t: np.exp(-(((f - 3000.0 - 1500.0 * t) / 1200.0) ** 2)))
        start = rng.uniform(0.0, 0.5)
        gate = np.sin(np.pi * (np.linspace(0.0, 1.0, count) - start).clip(0.0, 0.4) / 0.4) ** 2
        sound += rng.uniform(0.05, 0.2) * np.abs(sound).max() * loop(slide * gate, 2700.0, 0.7, 0.1)
    return sound


def axe(count: int, rng: np.random.Generator) -> Samples:
    """Chops: noise through dead, dark delay lines for the wood, a falling sine for the trunk, grains for the chips."""
    wood = rng.uniform(260.0, 560.0)
    deep = rng.uniform(70.0, 150.0)

    def chop() -> Samples:
        push = np.zeros(round(0.45 * SAMPLE_RATE))
        push[:90] = rng.standard_normal(90) * np.linspace(1.0, 0.0, 90)
        block = loop(push, wood, 0.72, 0.3) + 0.6 * loop(push, 1.53 * wood, 0.6, 0.3)
        trunk = fm_ping(0.3, 1.5 * deep, 1.0, 0.5, rng.uniform(0.12, 0.3), -0.4)
        block[: len(trunk)] += rng.uniform(2.0, 4.0) * trunk
        tear = drawn_noise(rng, 1600, lambda f, _: np.exp(-f / 1500.0)) * np.linspace(1.0, 0.0, 1600) ** 4
        block[:1600] += rng.uniform(0.5, 1.2) * tear
        chips = rng.exponential(0.08, rng.integers(2, 9))
        return block + laid(len(block), chips, lambda: 0.3 * rng.standard_normal(50) * np.linspace(1.0, 0.0, 50) ** 2)

    return laid(count, pulse_times(rng, count, rng.uniform(0.8, 1.8), 0.12), chop)


def hammer(count: int, rng: np.random.Generator) -> Samples:
    """Nail or anvil: short noise in a bright, slightly mistuned pair of delay lines, over a dull plank."""
    is_anvil = rng.random() < 0.4
    pitch, plank = rng.uniform(1300.0, 2700.0), rng.uniform(150.0, 380.0)
    feedback = rng.uniform(0.985, 0.994) if is_anvil else rng.uniform(0.9, 0.97)
    weight = rng.uniform(0.2, 0.5) if is_anvil else rng.uniform(0.3, 1.0)

    def blow() -> Samples:
        push = np.zeros(round((0.7 if is_anvil else 0.3) * SAMPLE_RATE))
        push[:24] = rng.standard_normal(24)
        steel = loop(push, pitch, feedback, 0.05) + 0.7 * loop(push, 1.62 * pitch, feedback, 0.05)
        thump = fm_ping(0.12, 1.2 * plank, 1.7, 0.8, 0.1, -0.3)
        steel[: len(thump)] += weight * np.abs(steel).max() * 0.6 * thump
        return rng.uniform(0.7, 1.0) * steel

    return laid(count, pulse_times(rng, count, rng.uniform(1.8, 4.2), 0.06), blow)
