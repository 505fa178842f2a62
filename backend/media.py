"""Encoded pictures and sounds from a request, decoded with limits on what they may unfold to."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

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
MAX_CHANNELS = 8

SOUND_BEGINNINGS = (
    b"RIFF",
    b"RIFX",
    b"RF64",
    b"fLaC",
    b"OggS",
    b"ID3",
    b"\xff\xfb",
    b"\xff\xfa",
    b"\xff\xf3",
    b"\xff\xf2",
)
"""Of WAV, FLAC, OGG and MP3 files. The library knows some twenty formats more, whose readers nobody needs here."""


class MediaRefused(ValueError):
    """A picture or a sound that cannot be used; the message says what was got and what is allowed."""


def decode_picture(data: bytes) -> Float[Tensor, "4 H W"]:
    """The first frame of an encoded picture, upright, RGBA with straight alpha in [0, 1], at most 2048 pixels a side.

    Raises MediaRefused for what is no picture, a format not in PICTURE_FORMATS, or more than MAX_PIXELS.
    """
    with (
        _refused_if_unreadable("image prompt", f"{', '.join(PICTURE_FORMATS)} files"),
        Image.open(io.BytesIO(data), formats=PICTURE_FORMATS) as image,
    ):
        # The size comes from the header, before any pixel is decoded: a small file may unfold to gigabytes.
        if image.width * image.height > MAX_PIXELS:
            size = f"{image.width} x {image.height}"
            raise MediaRefused(f"the picture has {size} pixels; at most {MAX_PIXELS:,} are allowed, so shrink it")
        pixels = _rgba(ImageOps.exif_transpose(image))
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def decode_sound(data: bytes) -> tuple[Float[Tensor, "T"], int]:
    """A sound file as a mono waveform in [-1, 1] and its sample rate in Hz.

    Raises MediaRefused for what is no sound, for silence, for more than MAX_SECONDS or MAX_CHANNELS, and for a sample
    rate outside SAMPLE_RATES.
    """
    if not data.startswith(SOUND_BEGINNINGS):
        raise MediaRefused("the sound prompt cannot be read (unknown format); allowed are WAV, FLAC, OGG and MP3 files")
    with (
        _refused_if_unreadable("sound prompt", "WAV, FLAC, OGG and MP3 files"),
        soundfile.SoundFile(io.BytesIO(data)) as file,
    ):
        rate = file.samplerate
        _check_sound(rate, file.frames, file.channels)
        mono = _read_mono(file, int(MAX_SECONDS * rate))
    if not len(mono) or not np.isfinite(mono).all() or np.abs(mono).max() < 1e-6:
        raise MediaRefused("the sound is empty or silent; choose another file")
    return torch.from_numpy(mono.clip(-1, 1)), rate


@contextmanager
def _refused_if_unreadable(what: str, allowed: str) -> Iterator[None]:
    """Say of whatever a codec raises that the file cannot be read.

    Damaged files lead codecs to errors of every kind (struct.error, zlib.error, IndexError ...); no list foresees them.
    Their warnings hold what the file says, and would fill the log.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except (MediaRefused, MemoryError):
        raise
    except Exception as error:
        raise MediaRefused(f"the {what} cannot be read{_reason(error)}; allowed are {allowed}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return ""  # Pillow's own sentence names a Python object
    text = error.error_string if isinstance(error, soundfile.LibsndfileError) else str(error)
    return f" ({text.rstrip('.')[:200]})" if text else ""


def _check_sound(rate: int, frames: int, channels: int) -> None:
    """What the header promises, before anything is decoded."""
    if not SAMPLE_RATES[0] <= rate <= SAMPLE_RATES[1]:
        allowed = f"{SAMPLE_RATES[0]} to {SAMPLE_RATES[1]}"
        raise MediaRefused(f"the sound has {rate} samples a second; allowed is {allowed}")
    if channels > MAX_CHANNELS:
        raise MediaRefused(f"the sound has {channels} channels; at most {MAX_CHANNELS} are allowed, so mix it down")
    if frames > MAX_SECONDS * rate:
        seconds = frames / rate
        raise MediaRefused(f"the sound lasts {seconds:.0f} s; at most {MAX_SECONDS:.0f} s are allowed, so cut it")


def _read_mono(file: soundfile.SoundFile, most: int) -> np.ndarray:
    """f32[T], T at most ``most``: a header may promise less than the file holds.

    Read second by second, so that eight channels of a minute are never in memory at once.
    """
    blocks: list[np.ndarray] = []
    left = most
    while left > 0:
        block = file.read(min(left, file.samplerate), dtype="float32", always_2d=True)
        if not len(block):
            break
        blocks.append(block.mean(axis=1))
        left -= len(block)
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


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
