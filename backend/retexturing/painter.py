"""The texture of a retexture job, at the size that was asked for or small for a look on the way. No torch."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ...shared.mesh import TexturedMesh
from ...shared.starting_points import Retexture
from ..finishing.bake import CHUNK_POINTS, SUPERSAMPLING
from ..finishing.repaint import Canvas
from ..finishing.texels import Texels, texels_of

Field = Callable[[np.ndarray], np.ndarray]
"""Points f32[P, 3] of the placed mesh -> colours f32[P, 3] in [0, 1]."""

DETAIL_UNTIL = 0.5
"""Up to this strength the old texture's fine grain stays whole; at 1 there is none of it."""

MOST_CACHED_POINTS = 2**20
"""Of a small texture the surface points are kept, for it is asked for again and again."""

LARGEST_SUPERSAMPLED = 2048**2
"""Texels of the largest texture whose colours are averages of several points each; of more, memory would run short."""


def kept_detail(strength: float) -> float:
    """How much stays of what is too fine in the old texture for the field to have learned it.

    >>> [kept_detail(strength) for strength in (0.1, 0.5, 0.75, 1.0)]
    [1.0, 1.0, 0.5, 0.0]
    """
    return min(1.0, (1 - strength) / (1 - DETAIL_UNTIL))


@dataclass(frozen=True)
class Colours:
    """Of a moment of the job: now, and as they were at its beginning, or None where nothing was there."""

    now: Field
    before: Field | None


class Painter:
    """Bound to a request; placed: its mesh's vertices f32[V, 3] where the colours are asked for.

    It finds the surface points of the live texture once, so that an update costs one question to the field.
    """

    def __init__(self, source: Retexture, placed: np.ndarray) -> None:
        self._source, self._placed = source, placed
        self._live: _Sketch | None = None

    def live(self, colours: Colours, longest_side: int) -> np.ndarray:
        """The texture now, u8[H, W, 3], with the request's proportions and at most this many pixels a side."""
        source = self._source
        share = min(1.0, longest_side / max(source.width, source.height))
        height, width = (max(1, round(side * share)) for side in (source.height, source.width))
        if self._live is None or (self._live.canvas.height, self._live.canvas.width) != (height, width):
            self._live = self._sketch(height, width, supersampling=1)
        return _last_image(self._live.painted(colours))

    def check(self) -> None:
        """Raise ValueError where there is nothing to paint: texture coordinates or a mask without any area."""
        self._sketch(self._source.height, self._source.width, supersampling=1)

    def finished(self, colours: Colours) -> Iterator[float | TexturedMesh]:
        """The request's own mesh with the new texture: fractions, and last the mesh."""
        source = self._source
        mesh = source.mesh
        is_large = source.height * source.width > LARGEST_SUPERSAMPLED
        sketch = self._sketch(source.height, source.width, 1 if is_large else SUPERSAMPLING)
        yield 0.1
        for part in sketch.painted(colours):
            if isinstance(part, float):
                yield 0.1 + 0.9 * part
            else:
                yield TexturedMesh(mesh.vertices, mesh.faces, mesh.uvs, mesh.uv_faces, part)

    def _sketch(self, height: int, width: int, supersampling: int) -> "_Sketch":
        source = self._source
        mesh = source.mesh
        texels = texels_of(mesh.uvs, mesh.uv_faces, height, width, supersampling)
        border = round(source.mask_border * height / source.height)
        canvas = Canvas.of(texels, _shrunk(mesh.albedo, height, width), _shrunk(mesh.mask, height, width), border)
        return _Sketch(canvas, texels, self._placed, mesh.faces, kept_detail(source.strength))


class _Sketch:
    """A texture of one size, with the points under its texels."""

    def __init__(
        self, canvas: Canvas, texels: Texels, vertices: np.ndarray, faces: np.ndarray, kept_detail: float
    ) -> None:
        self.canvas, self._texels, self._kept_detail = canvas, texels, kept_detail
        self._vertices, self._faces = vertices, faces
        self._detail: np.ndarray | None = None
        few = len(texels.face) <= MOST_CACHED_POINTS
        self._points = texels.points(vertices, faces) if few else None

    def painted(self, colours: Colours) -> Iterator[float | np.ndarray]:
        """Fractions while the field is asked, and last the texture."""
        old = self.canvas.old
        if self._detail is None and old is not None and colours.before is not None and self._kept_detail > 0:
            learned = yield from self._asked(colours.before, 0.0)
            self._detail = self._kept_detail * (old - self.canvas.image(learned))
        new = self.canvas.image((yield from self._asked(colours.now, 0.5)))
        yield self.canvas.painted(new if self._detail is None else new + self._detail)

    def _asked(self, field: Field, begun: float) -> Generator[float, None, np.ndarray]:
        found = np.zeros((len(self._texels.face), 3), np.float32)
        for start in range(0, len(found), CHUNK_POINTS):
            some = slice(start, start + CHUNK_POINTS)
            found[some] = field(self._points_of(some))
            yield begun + (1 - begun) * min(1.0, (start + CHUNK_POINTS) / len(found))
        return found

    def _points_of(self, some: slice) -> np.ndarray:
        if self._points is not None:
            return self._points[some]
        return self._texels.points(self._vertices, self._faces, some)


def _shrunk(image: np.ndarray | None, height: int, width: int) -> np.ndarray | None:
    """By area; as it is where the size is the same."""
    if image is None or image.shape[:2] == (height, width):
        return image
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BOX))


def _last_image(parts: Iterator[float | np.ndarray]) -> np.ndarray:
    *_, image = parts
    assert isinstance(image, np.ndarray)
    return image
