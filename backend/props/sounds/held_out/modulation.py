"""Frequency modulation after Chowning (1973): a carrier bent by a second sine has inharmonic spectra for two sines."""

import numpy as np

from ..clip import SAMPLE_RATE, Samples


def fm_ping(seconds: float, carrier: float, ratio: float, index: float, decay: float, glide: float = 0.0) -> Samples:
    """A struck tone [T]: pitch ``carrier`` (Hz), modulator ``ratio`` times it, index and loudness dying together.

    decay: seconds to 60 dB down; the index falls twice as fast. glide: the pitch's relative change over one decay.
    """
    t = np.arange(max(8, round(seconds * SAMPLE_RATE))) / SAMPLE_RATE
    fall = np.exp(-6.9 * t / decay)
    phase = 2.0 * np.pi * carrier * (t + glide * t**2 / (2.0 * decay))
    sound = np.sin(phase + index * fall**2 * np.sin(ratio * phase)) * fall
    sound[-8:] *= np.linspace(1.0, 0.0, 8)
    return sound
