"""A sound as the log-mel picture that ImageBind's audio tower was trained on.

Kaldi's filter bank (25 ms Hann windows every 10 ms, pre-emphasis 0.97, no dither), by the same functions with which
transformers replaces torchaudio for the Audio Spectrogram Transformer.
"""

import warnings
from functools import cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

SAMPLE_RATE = 16_000
BINS, FRAMES = 128, 204
WINDOW, HOP, SPECTRUM = 400, 160, 512

# The statistics that the published checkpoint was trained with (imagebind/data.py).
MEAN, DEVIATION = -4.268, 9.138

FLOOR = float(np.finfo(np.float32).eps)
"""Least energy of a bin before its logarithm (Kaldi)."""


def mel_picture(clip: Float[Tensor, "T"]) -> Float[Tensor, "bins frames"]:
    """A clip of about two seconds at 16 kHz -> [128, 204], low notes first, float32.

    The clip's mean is taken off. Frames that are missing are zeros before the statistics are applied, so silence at
    the end of a picture is 0.467; frames beyond 204 are cut (imagebind/data.py, waveform2melspec).
    """
    centred = (clip - clip.mean()).float().cpu().numpy()
    energies = spectrogram(
        centred,
        window_function(WINDOW, "hann", periodic=False),
        frame_length=WINDOW,
        hop_length=HOP,
        fft_length=SPECTRUM,
        power=2.0,
        center=False,
        preemphasis=0.97,
        mel_filters=_filters(),
        log_mel="log",
        mel_floor=FLOOR,
        remove_dc_offset=True,
    )
    picture = torch.zeros(BINS, FRAMES)
    shown = min(FRAMES, energies.shape[1])
    picture[:, :shown] = torch.from_numpy(np.ascontiguousarray(energies[:, :shown]))
    return (picture - MEAN) / DEVIATION


@cache
def _filters() -> np.ndarray:
    with warnings.catch_warnings():
        # One of so many filters falls between two frequencies and stays empty, in Kaldi too.
        warnings.filterwarnings("ignore", "At least one mel filter has all zero values")
        return mel_filter_bank(
            num_frequency_bins=SPECTRUM // 2 + 1,
            num_mel_filters=BINS,
            min_frequency=20,
            max_frequency=SAMPLE_RATE // 2,
            sampling_rate=SAMPLE_RATE,
            norm=None,
            mel_scale="kaldi",
            triangularize_in_mel_space=True,
        )
