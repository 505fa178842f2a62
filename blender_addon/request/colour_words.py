"""Words for colours, as one says them in a prompt. No Blender in here."""

from __future__ import annotations

import numpy as np

_WORDS = {
    "black": "141414",
    "dark grey": "555555",
    "grey": "808080",
    "light grey": "c0c0c0",
    "white": "ffffff",
    "red": "e01010",
    "dark red": "800000",
    "orange": "ff8c00",
    "brown": "8b4513",
    "beige": "e8d8b0",
    "yellow": "ffe000",
    "olive": "808000",
    "green": "109010",
    "light green": "90ee90",
    "dark green": "004d00",
    "turquoise": "40d0d0",
    "teal": "008080",
    "light blue": "a0d0f0",
    "blue": "1030e0",
    "dark blue": "000070",
    "purple": "800080",
    "violet": "b060e0",
    "pink": "ffb0c0",
    "magenta": "e010c0",
}
"""Basic names with a usual shade of each, sRGB."""

_MOST_WORDS = 3
_SMALLEST_SHARE = 0.12
"""Of the surface, below which a colour is a detail and no part of the palette."""

# Ottosson 2020, "A perceptual color space for image processing": equal distances look about equal.
_CONES = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]]
)  # fmt: skip
_OKLAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.8086757660]]
)  # fmt: skip


def linear_of_srgb(srgb: np.ndarray) -> np.ndarray:
    """Displayed colours in [0, 1] as amounts of light, of any shape."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def word_of(linear: tuple[float, float, float]) -> str:
    """The nearest word for one colour, linear red, green, blue in [0, 1].

    >>> word_of((1.0, 0.0, 0.0)), word_of((0.0, 0.0, 0.0)), word_of((0.2, 0.2, 0.2))
    ('red', 'black', 'grey')
    """
    return _NAMES[int(_nearest(np.array([linear]))[0])]


def palette_words(linear: np.ndarray, weights: np.ndarray) -> tuple[str, ...]:
    """The words of what most of a surface shows, the largest share first; none for a surface without area.

    linear: f[N, 3] in [0, 1].  weights: f[N], such as areas.

    >>> palette_words(np.array([[1.0, 0, 0], [1, 1, 1], [0, 0, 0]]), np.array([3.0, 6.0, 0.5]))
    ('white', 'red')
    """
    total = weights.sum()
    if len(linear) == 0 or not total > 0:
        return ()
    shares = np.bincount(_nearest(linear), weights, len(_NAMES)) / total
    largest = np.argsort(-shares, kind="stable")[:_MOST_WORDS]
    return tuple(_NAMES[index] for index in largest if shares[index] >= _SMALLEST_SHARE)


def with_words(prompt: str, words: tuple[str, ...]) -> str:
    """The prompt with these colours behind it, less those that it names already.

    >>> with_words("a red chair", ("red", "white", "brown"))
    'a red chair, white and brown'
    """
    new = [word for word in words if word not in prompt.lower()]
    said = " and ".join(filter(None, (", ".join(new[:-1]), *new[-1:])))
    return ", ".join(filter(None, (prompt.strip(), said)))


def _nearest(linear: np.ndarray) -> np.ndarray:
    distances = np.linalg.norm(_perceived(linear)[:, None] - _SHADES[None], axis=-1)
    return distances.argmin(axis=1)


def _perceived(linear: np.ndarray) -> np.ndarray:
    return np.cbrt(np.clip(linear, 0.0, None) @ _CONES.T) @ _OKLAB.T


_NAMES = tuple(_WORDS)
_BYTES = np.array([[int(code[at : at + 2], 16) for at in (0, 2, 4)] for code in _WORDS.values()])
_SHADES = _perceived(linear_of_srgb(_BYTES / 255))
