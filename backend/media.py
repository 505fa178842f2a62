"""Encoded pictures and sounds from a request, decoded with limits on what they may unfold to."""

import io

import numpy as np
import soundfile
import torch
from jaxtyping import Float
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

MAX_PIXELS = 40_000_000
MAX_SIDE = 2048
"""Larger pictures are shrunk to this: no encoder looks at more."""

PICTURE_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
MAX_SECONDS = 60.0
SAMPLE_RATES = (4_000, 192_000)


def decode_picture(data: bytes) -> Float[Tensor, "4 H W"]:
    """The first frame of an encoded picture, upright, RGBA with straight alpha in [0, 1], at most 2048 pixels a side.

    Raises ValueError for what is no picture, a format not in PICTURE_FORMATS, or more than MAX_PIXELS.
    """
    try:
        with Image.open(io.BytesIO(data), formats=PICTURE_FORMATS) as image:
            # The size comes from the header, before any pixel is decoded: a small file may unfold to gigabytes.
            if image.width * image.height > MAX_PIXELS:
                size = f"{image.width} x {image.height}"
                raise ValueError(f"the picture has {size} pixels; at most {MAX_PIXELS:,} are allowed, so shrink it")
            pixels = _rgba(ImageOps.exif_transpose(image))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, EOFError) as error:
        allowed = ", ".join(PICTURE_FORMATS)
        # Pillow's own sentence for an unknown format names a Python object.
        why = "" if isinstance(error, UnidentifiedImageError) else f" ({error})"
        raise ValueError(f"the image prompt cannot be read{why}; allowed are {allowed} files") from error
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def decode_sound(data: bytes) -> tuple[Float[Tensor, "T"], int]:
    """A sound file as a mono waveform in [-1, 1] and its sample rate in Hz.

    Raises ValueError for what is no sound, for silence, and for more than MAX_SECONDS.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            rate, frames = file.samplerate, file.frames
            if not SAMPLE_RATES[0] <= rate <= SAMPLE_RATES[1]:
                raise ValueError(
                    f"the sound has {rate} samples a second; allowed is {SAMPLE_RATES[0]} to {SAMPLE_RATES[1]}"
                )
            if frames > MAX_SECONDS * rate:
                raise ValueError(
                    f"the sound lasts {frames / rate:.0f} s; at most {MAX_SECONDS:.0f} s are allowed, so cut it"
                )
            # Frames are bounded again here: a header may promise less than the file holds.
            samples = file.read(int(MAX_SECONDS * rate), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        why = error.error_string.rstrip(".")
        raise ValueError(
            f"the sound prompt cannot be read ({why}); allowed are WAV, FLAC, OGG and MP3 files"
        ) from error
    mono = samples.mean(axis=1)
    if not len(mono) or not np.isfinite(mono).all() or np.abs(mono).max() < 1e-6:
        raise ValueError("the sound is empty or silent; choose another file")
    return torch.from_numpy(np.ascontiguousarray(mono.clip(-1, 1))), rate


def encode_picture(pixels: Float[Tensor, "3 H W"], largest_side: int) -> bytes:
    """A picture in [0, 1] as PNG, shrunk to at most ``largest_side`` pixels a side."""
    image = Image.fromarray((pixels.permute(1, 2, 0).clamp(0, 1) * 255).round().byte().cpu().numpy())
    image.thumbnail((largest_side, largest_side))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _rgba(image: Image.Image) -> np.ndarray:
    """f32[H, W, 4]."""
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    return np.asarray(image.convert("RGBA"), np.float32) / 255
