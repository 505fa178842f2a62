"""What a request asks for in words, pictures and sounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

MAX_FILE_BYTES = 32 * 2**20
"""The largest file that a picture or a sound of a prompt may be."""


@dataclass(frozen=True)
class TextPrompt:
    text: str


@dataclass(frozen=True)
class ImagePrompt:
    """An encoded image file (PNG, JPEG, WebP ...), decoded by the worker with limits; its object is cut out first."""

    data: bytes


@dataclass(frozen=True)
class AudioPrompt:
    """An encoded sound file (WAV, FLAC, OGG, MP3), decoded by the worker with limits."""

    data: bytes


Prompt = Union[TextPrompt, ImagePrompt, AudioPrompt]


@dataclass(frozen=True)
class WeightedPrompt:
    """One part of a mixed prompt; weights are relative and positive."""

    prompt: Prompt
    weight: float = 1.0


@dataclass(frozen=True)
class SeenFrom:
    """From where a picture shows its object: degrees, azimuth 0 in front (-Y) and counter-clockwise from above."""

    elevation: float
    azimuth: float
