"""From a recording of any length, loudness and sample rate to the equal windows that an audio tower hears.

Silence before and after, and the volume, say nothing of what sounded: they are taken away, so that no embedding
depends on them.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

SHORTEST_SECONDS = 0.05
QUIETEST_PEAK = 1e-5
LOUDNESS = 0.1
"""Root mean square that every sound is brought to."""

_TRIM_BELOW = 1e-3
_PAUSE_BELOW = 0.03


def heard_windows(
    waveform: Float[Tensor, "T"], sample_rate: int, target_rate: int, window: int
) -> Float[Tensor, "N W"]:
    """Windows of ``window`` samples at ``target_rate`` that overlap by about half; pauses are left out.

    A shorter sound is followed by silence.  Raises ValueError for what is not one channel of finite numbers, for
    silence (no sample above 1e-5), and for a sound whose audible part is shorter than 0.05 s.
    """
    _require_sound(waveform, sample_rate)
    audible = trimmed(waveform.float())
    if len(audible) < SHORTEST_SECONDS * sample_rate:
        raise ValueError(
            f"the sound is heard for {len(audible) / sample_rate:.3f} s only; at least {SHORTEST_SECONDS} s are needed"
        )
    sound = resampled(audible, sample_rate, target_rate)
    windows = cut(LOUDNESS * sound / sound.square().mean().sqrt(), window)
    loudness = windows.square().mean(dim=1).sqrt()
    return windows[loudness > _PAUSE_BELOW * loudness.max()]


def trimmed(waveform: Float[Tensor, "T"]) -> Float[Tensor, "t"]:
    """From the first to the last sample within 60 dB of the loudest."""
    heard = (waveform.abs() > _TRIM_BELOW * waveform.abs().max()).nonzero()
    return waveform[int(heard[0]) : int(heard[-1]) + 1]


def resampled(waveform: Float[Tensor, "T"], rate: int, target: int) -> Float[Tensor, "t"]:
    """Band-limited interpolation through the spectrum: what lies above half of the lower rate is cut off."""
    if rate == target:
        return waveform
    divisor = math.gcd(rate, target)
    up, down = target // divisor, rate // divisor
    # The spectrum takes the sound for a loop; the silence keeps its end from ringing into its start.
    blocks = -(-(len(waveform) + rate // 50) // down)
    spectrum = torch.fft.rfft(F.pad(waveform, (0, blocks * down - len(waveform))))
    kept = spectrum[: min(len(spectrum), blocks * up // 2 + 1)]
    return torch.fft.irfft(kept, n=blocks * up)[: -(-len(waveform) * up // down)] * (up / down)


def cut(sound: Float[Tensor, "T"], window: int) -> Float[Tensor, "N W"]:
    """Evenly spread windows from the first sample to the last, each overlapping the next by half or more."""
    if len(sound) <= window:
        return F.pad(sound, (0, window - len(sound)))[None]
    rest = len(sound) - window
    starts = torch.linspace(0, rest, 1 + math.ceil(rest / (window // 2))).round().long()
    return torch.stack([sound[start : start + window] for start in starts.tolist()])


def _require_sound(waveform: Tensor, sample_rate: int) -> None:
    if waveform.ndim != 1:
        raise ValueError(f"a sound is one row of samples, got the shape {tuple(waveform.shape)}; average its channels")
    if sample_rate < 1:
        raise ValueError(f"the sample rate must be a positive number of samples a second, got {sample_rate}")
    if len(waveform) == 0:
        raise ValueError("the sound is empty; give at least a fraction of a second")
    if not bool(waveform.isfinite().all()):
        raise ValueError("the sound holds numbers that are not finite (NaN or infinity); save it anew")
    if float(waveform.abs().max()) < QUIETEST_PEAK:
        raise ValueError("the sound is silent; choose a recording in which something is heard")
