"""A small picture of a finished object, kept as text in the .blend."""

from __future__ import annotations

import base64
import zlib

import numpy as np

from ...shared.mesh import TexturedMesh
from ..objects import thumbnail

SIZE = 64
"""Pixels a side: enough for the panel, quick to draw, two or three kilobytes in the file."""


def picture_of(mesh: TexturedMesh) -> np.ndarray:
    """The object from its front right: u8[SIZE, SIZE, 4], sRGB, first row at the top."""
    albedo = mesh.albedo.astype(np.float32) / 255
    picture = thumbnail.draw(mesh.vertices, mesh.faces, mesh.uvs[mesh.uv_faces], albedo, SIZE)
    return (picture * 255).round().astype(np.uint8)


def packed(picture: np.ndarray) -> str:
    """As text, for a property in the .blend."""
    return base64.b85encode(zlib.compress(picture.tobytes(), 9)).decode("ascii")


def unpacked(text: str) -> np.ndarray | None:
    """The picture u8[SIZE, SIZE, 4]; None for a text that holds none."""
    try:
        pixels = zlib.decompress(base64.b85decode(text))
        return np.frombuffer(pixels, np.uint8).reshape(SIZE, SIZE, 4)
    except (ValueError, zlib.error):
        return None
