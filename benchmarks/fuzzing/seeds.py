"""What is damaged: valid messages of every class, and small valid pictures and sounds of every format and kind."""

import io
from itertools import product

import numpy as np
import soundfile
from any_to_3d.shared.wire import encode
from hypothesis import HealthCheck, Phase, given, seed, settings
from message_samples import messages
from PIL import Image

from .mutations import Frames

MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "JPEG": ("L", "RGB", "CMYK"),
    "WEBP": ("RGB", "RGBA"),
    "BMP": ("1", "L", "P", "RGB", "RGBA"),
    "TIFF": ("1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "F"),
    "GIF": ("L", "P", "RGB"),
}
TIFF_COMPRESSIONS = ("raw", "tiff_lzw", "tiff_deflate", "jpeg", "packbits", "group4")
SOUNDS = (
    ("WAV", "PCM_16"),
    ("WAV", "PCM_24"),
    ("WAV", "FLOAT"),
    ("WAV", "ULAW"),
    ("WAV", "IMA_ADPCM"),
    ("WAV", "MS_ADPCM"),
    ("FLAC", "PCM_16"),
    ("FLAC", "PCM_24"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
)


def message_seeds(count: int) -> list[Frames]:
    """Frames of ``count`` messages, of every class, always the same."""
    found: list[Frames] = []

    @seed(1)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(messages)
    def collect(message: object) -> None:
        found.append([bytes(frame) for frame in encode(message)])

    collect()
    return found


def picture_seeds() -> list[bytes]:
    """A small picture in every format and mode, some animated, turned or compressed otherwise."""
    ramp = np.random.default_rng(0).integers(0, 256, (24, 20, 3)).astype(np.uint8)
    whole = Image.fromarray(ramp)
    seeds = [_saved(_in_mode(whole, mode), kind) for kind, modes in MODES.items() for mode in modes]
    seeds += [_saved(whole.convert("1" if name == "group4" else "RGB"), "TIFF", name) for name in TIFF_COMPRESSIONS]
    frames = [whole, whole.rotate(90), whole.rotate(180)]
    seeds += [_saved(whole, kind, animated=frames) for kind in ("GIF", "WEBP", "PNG", "TIFF")]
    smooth = Image.fromarray(np.add.outer(np.arange(256), np.arange(300)).astype(np.uint8)).convert("RGB")
    seeds += [_saved(smooth, kind) for kind in MODES]
    exif = Image.Exif()
    exif[0x0112] = 6
    seeds += [_saved(whole, kind, exif=exif) for kind in ("JPEG", "PNG", "WEBP", "TIFF")]
    return seeds


def sound_seeds() -> list[bytes]:
    """A twentieth of a second in every container and coding, mono and stereo."""
    tone = (0.5 * np.sin(np.arange(2400) / 9)).astype(np.float32)
    seeds = []
    for (kind, coding), channels in product(SOUNDS, (1, 2)):
        buffer = io.BytesIO()
        soundfile.write(buffer, np.stack([tone] * channels, axis=1), 48_000, format=kind, subtype=coding)
        seeds.append(buffer.getvalue())
    return seeds


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 256)
    return image.convert("RGBA").convert("LA") if mode == "LA" else image.convert(mode)


def _saved(
    image: Image.Image,
    kind: str,
    compression: str | None = None,
    animated: list[Image.Image] | None = None,
    exif: Image.Exif | None = None,
) -> bytes:
    buffer = io.BytesIO()
    options: dict[str, object] = {} if compression is None else {"compression": compression}
    options |= {} if exif is None else {"exif": exif}
    options |= {} if animated is None else {"save_all": True, "append_images": animated[1:]}
    image.save(buffer, kind, **options)
    return buffer.getvalue()
