"""A sound as ImageBind's audio tower hears it: three clips of two seconds, each as a log-mel picture.

After facebookresearch/ImageBind, data.py, load_and_transform_audio_data. Unlike there, a sound shorter than a clip is
repeated: the network was never shown half a clip of silence.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from .mel_picture import SAMPLE_RATE, mel_picture
from .sound_windows import QUIETEST_PEAK, resampled

CLIP_SECONDS = 2


def sound_pictures(waveform: Float[Tensor, "T"], sample_rate: int) -> Float[Tensor, "3 1 bins frames"]:
    """The log-mels of three clips, float32, on the CPU.

    Raises ValueError for an empty or silent sound, for numbers that are not finite, and for a bad sample rate.
    """
    if sample_rate < 1:
        raise ValueError(f"the sound has a sample rate of {sample_rate} Hz; it must be positive")
    sound = waveform.detach().float().cpu()
    if len(sound) == 0:
        raise ValueError("the sound is empty; give at least a fraction of a second")
    if not bool(sound.isfinite().all()):
        raise ValueError("the sound holds numbers that are not finite (NaN or infinity); save it anew")
    if float(sound.abs().max()) < QUIETEST_PEAK:
        raise ValueError("the sound is silent; choose a recording in which something is heard")
    clips = three_clips(resampled(sound, sample_rate, SAMPLE_RATE))
    return torch.stack([mel_picture(clip) for clip in clips])[:, None]


def three_clips(waveform: Float[Tensor, "T"]) -> Float[Tensor, "3 C"]:
    """Clips of a sound at 16 kHz that start at 0, 1/2 and 1 of what is left over."""
    length = CLIP_SECONDS * SAMPLE_RATE
    if len(waveform) < length:
        waveform = waveform.repeat(-(-length // len(waveform)))[:length]
    starts = (0, (len(waveform) - length) // 2, len(waveform) - length)
    return torch.stack([waveform[start : start + length] for start in starts])
