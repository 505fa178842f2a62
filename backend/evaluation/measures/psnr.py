"""The peak signal-to-noise ratio of pictures."""

import math

import numpy as np

HIGHEST_PSNR = 60.0


def psnr(image: np.ndarray, target: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB of arrays in [0, 1], at most HIGHEST_PSNR."""
    error = float(((image - target) ** 2).mean())
    return min(HIGHEST_PSNR, -10 * math.log10(max(error, 1e-12)))
