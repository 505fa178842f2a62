"""The surface points under the texels of a texture, found once and asked as often as its colours change."""

from dataclasses import dataclass

import numpy as np

from ..kernels.zbuffer import triangle_ids

_SHIFT = np.array([0.3819660113, 0.2360679775])
"""Of a texel, for counting: no shared edge then runs through a row of centres, as diagonals of squares do."""

_ALL = slice(None)
_CHUNK = 2**20
"""Sub-texels whose weights are found at a time, to bound memory."""


@dataclass(frozen=True)
class Texels:
    """Sub-texels of a height x width texture, ``supersampling`` squared to each texel, that some face covers.

    texel: int64[S], row * width + column of the texel of each.  face: int32[S].  weights: f32[S, 3], barycentric.
    Where faces overlap, the lowest face index has the sub-texel.
    """

    height: int
    width: int
    texel: np.ndarray
    face: np.ndarray
    weights: np.ndarray

    def points(self, vertices: np.ndarray, faces: np.ndarray, some: slice = _ALL) -> np.ndarray:
        """f32[S, 3]: where on the surface some of them lie."""
        return np.einsum("sc,scx->sx", self.weights[some], vertices[faces[self.face[some]]]).astype(np.float32)

    def averaged(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values f32[S, C] as an image f32[H, W, C], the mean of each texel's covered sub-texels, and bool[H, W]."""
        count = np.bincount(self.texel, minlength=self.height * self.width)
        total = np.stack([np.bincount(self.texel, column, len(count)) for column in values.T], axis=1)
        image = (total / np.maximum(count, 1)[:, None]).astype(np.float32)
        return image.reshape(self.height, self.width, -1), (count > 0).reshape(self.height, self.width)


def texels_of(uvs: np.ndarray, uv_faces: np.ndarray, height: int, width: int, supersampling: int = 2) -> Texels:
    """Find them. uvs f32[U, 2] in [0, 1], origin bottom left; uv_faces i32[F, 3]; the texture's first row is on top."""
    tall, wide = height * supersampling, width * supersampling
    ids = _ids(uvs, uv_faces, tall, wide)
    rows, columns = np.nonzero(ids)
    face, corners = ids[rows, columns] - 1, uvs.astype(np.float64)
    weights = np.empty((len(face), 3), np.float32)
    for start in range(0, len(face), _CHUNK):
        some = slice(start, start + _CHUNK)
        centres = np.stack([(columns[some] + 0.5) / wide, 1 - (rows[some] + 0.5) / tall], axis=1)
        weights[some] = barycentric(centres, corners[uv_faces[face[some]]])
    return Texels(height, width, rows // supersampling * width + columns // supersampling, face, weights)


def shared_share(uvs: np.ndarray, uv_faces: np.ndarray, height: int, width: int) -> float:
    """The share of the covered texels that more than one face covers, in [0, 1]; 0 where none is covered."""
    shifted = uvs + _SHIFT / np.array([width, height])
    first = _ids(shifted, uv_faces, height, width)
    last = _ids(shifted, uv_faces[::-1], height, width)
    covered = first > 0
    is_shared = covered & (first != len(uv_faces) + 1 - last)
    return float(is_shared.sum() / max(1, covered.sum()))


def barycentric(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Weights f64[P, 3], all >= 0, of 2D points f64[P, 2] in triangles f64[P, 3, 2] that have an area."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    area = _cross(b - a, c - a)
    weights = np.stack([_cross(b - points, c - points), _cross(c - points, a - points), _cross(a - points, b - points)])
    weights = np.clip(weights / area, 0, 1).T
    return weights / weights.sum(axis=1, keepdims=True)


def _ids(uvs: np.ndarray, uv_faces: np.ndarray, height: int, width: int) -> np.ndarray:
    clip = np.zeros((len(uvs), 4), np.float32)
    clip[:, :2] = uvs * 2 - 1
    clip[:, 3] = 1
    ids, _ = triangle_ids(clip, uv_faces, height, width)
    return ids


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
