"""Meshes that cross the wire, and their validation in numpy (before Blender's main thread sees them)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

MAX_VERTICES = 4_000_000
MAX_FACES = 8_000_000
MAX_TEXTURE_SIZE = 8192
MAX_SOURCE_FACES = 2_000_000
"""Of a mesh that a client sends as a starting point."""


class MeshError(ValueError):
    """A mesh that must not reach Blender; the message says what was got and what is allowed."""


@dataclass(frozen=True)
class MeshSnapshot:
    """An intermediate mesh of a running job.

    vertices f32[V, 3] in generator units (Z up, inside radius 1); faces i32[F, 3], counter-clockwise from outside;
    colors u8[V, 4] sRGB, or None. ``topology`` changes only when ``faces`` does: a reader may update positions alone.
    lacks_faces: ``faces`` is empty because the reader has those of this topology, and asked not to be sent them again.
    """

    job_id: str
    sequence: int
    phase: str
    step: int
    topology: int
    vertices: np.ndarray
    faces: np.ndarray
    colors: np.ndarray | None = None
    lacks_faces: bool = False

    def without_faces(self) -> MeshSnapshot:
        """The same for a reader who has the faces."""
        return replace(self, faces=np.zeros((0, 3), np.int32), lacks_faces=True)

    def with_faces(self, faces: np.ndarray) -> MeshSnapshot:
        """The same as it was before ``without_faces``; ``faces`` are of a snapshot with as many vertices, and valid."""
        return replace(self, faces=faces, lacks_faces=False)

    def validate(self) -> None:
        """Raise MeshError unless every array has its dtype, shape and range."""
        _check_surface(self.vertices, self.faces)
        if self.colors is not None:
            _check_array("colors", self.colors, np.uint8, (len(self.vertices), 4))


@dataclass(frozen=True)
class TextureSnapshot:
    """The texture of a running job that changes nothing else. albedo: u8[H, W, 3] sRGB, first row is the top."""

    job_id: str
    sequence: int
    phase: str
    step: int
    albedo: np.ndarray

    def validate(self) -> None:
        """Raise MeshError unless the image has its dtype, shape and range."""
        _check_albedo(self.albedo)


@dataclass(frozen=True)
class TexturedMesh:
    """A finished object: surface, its own UV topology and an albedo image.

    vertices f32[V, 3]; faces i32[F, 3]; uvs f32[U, 2] in [0, 1], origin bottom left; uv_faces i32[F, 3] into uvs;
    albedo u8[H, W, 3] sRGB, first row is the top.
    """

    vertices: np.ndarray
    faces: np.ndarray
    uvs: np.ndarray
    uv_faces: np.ndarray
    albedo: np.ndarray

    def validate(self) -> None:
        """Raise MeshError unless every array has its dtype, shape and range."""
        _check_surface(self.vertices, self.faces)
        _check_uvs(self.uvs, self.uv_faces, len(self.faces))
        _check_albedo(self.albedo)


@dataclass(frozen=True)
class SourceMesh:
    """A client's own mesh in triangles, as a starting point; it need be neither closed nor manifold.

    vertices f32[V, 3] in generator units (Z up, front towards -Y, inside radius 1); faces i32[F, 3], counter-clockwise
    from outside; uvs f32[U, 2] in [0, 1], origin bottom left; uv_faces i32[F, 3] into uvs; both of length 0 where the
    mesh has no texture coordinates.  albedo: its present colours at the uvs, u8[H, W, 3] sRGB, or None.
    mask: u8[H, W], 0 keeps a texel as it is and 255 may change it, or None, which may change all. First rows on top.
    """

    vertices: np.ndarray
    faces: np.ndarray
    uvs: np.ndarray
    uv_faces: np.ndarray
    albedo: np.ndarray | None = None
    mask: np.ndarray | None = None

    @property
    def has_uvs(self) -> bool:
        return len(self.uv_faces) > 0

    def validate(self) -> None:
        """Raise MeshError unless every array has its dtype, shape and range."""
        _check_surface(self.vertices, self.faces)
        if not 1 <= len(self.faces) <= MAX_SOURCE_FACES:
            raise MeshError(f"got {len(self.faces)} triangles; allowed is 1 to {MAX_SOURCE_FACES}")
        if np.square(self.vertices.astype(np.float64)).sum(axis=1).max(initial=0) > 1.0001:
            raise MeshError("vertices: some lie outside radius 1; scale the mesh down before it is sent")
        if self.has_uvs or len(self.uvs):
            _check_uvs(self.uvs, self.uv_faces, len(self.faces))
        elif self.albedo is not None or self.mask is not None:
            raise MeshError("albedo and mask need texture coordinates, and the mesh has none")
        else:
            _check_array("uvs", self.uvs, np.float32, (0, 2))
            _check_array("uv_faces", self.uv_faces, np.int32, (0, 3))
        if self.albedo is not None:
            _check_albedo(self.albedo)
        if self.mask is not None:
            _check_mask(self.mask, self.albedo)


def _check_surface(vertices: np.ndarray, faces: np.ndarray) -> None:
    if vertices.ndim != 2 or faces.ndim != 2:
        raise MeshError(f"vertices and faces need 2 axes, got {vertices.ndim} and {faces.ndim}")
    if len(vertices) > MAX_VERTICES or len(faces) > MAX_FACES:
        raise MeshError(
            f"got {len(vertices)} vertices and {len(faces)} faces; at most {MAX_VERTICES} and {MAX_FACES} are allowed"
        )
    _check_array("vertices", vertices, np.float32, (len(vertices), 3))
    _check_array("faces", faces, np.int32, (len(faces), 3))
    if not np.isfinite(vertices).all():
        raise MeshError("vertices: found NaN or infinite coordinates")
    _check_indices("faces", faces, len(vertices))


def _check_uvs(uvs: np.ndarray, uv_faces: np.ndarray, faces: int) -> None:
    if uvs.ndim != 2:
        raise MeshError(f"uvs: got {uvs.ndim} axes; need float32[U, 2]")
    _check_array("uvs", uvs, np.float32, (len(uvs), 2))
    if not np.isfinite(uvs).all() or uvs.min(initial=0) < 0 or uvs.max(initial=0) > 1:
        raise MeshError("uvs: every coordinate must be finite and in [0, 1]")
    _check_array("uv_faces", uv_faces, np.int32, (faces, 3))
    _check_indices("uv_faces", uv_faces, len(uvs))


def _check_albedo(albedo: np.ndarray) -> None:
    if albedo.ndim != 3 or albedo.shape[2] != 3 or albedo.dtype != np.uint8:
        raise MeshError(f"albedo: got {albedo.dtype}{list(albedo.shape)}; need uint8[H, W, 3]")
    _check_pixels("albedo", albedo)


def _check_mask(mask: np.ndarray, albedo: np.ndarray | None) -> None:
    if mask.ndim != 2 or mask.dtype != np.uint8:
        raise MeshError(f"mask: got {mask.dtype}{list(mask.shape)}; need uint8[H, W]")
    if albedo is not None and albedo.shape[:2] != mask.shape:
        raise MeshError(f"mask: got {list(mask.shape)} pixels for an albedo of {list(albedo.shape[:2])}")
    _check_pixels("mask", mask)


def _check_pixels(name: str, image: np.ndarray) -> None:
    if min(image.shape[:2]) < 1 or max(image.shape[:2]) > MAX_TEXTURE_SIZE:
        raise MeshError(f"{name}: got {image.shape[:2]} pixels; allowed is 1 to {MAX_TEXTURE_SIZE} a side")


def _check_array(name: str, array: np.ndarray, dtype: type, shape: tuple[int, ...]) -> None:
    if array.dtype != dtype or array.shape != shape:
        raise MeshError(f"{name}: got {array.dtype}{list(array.shape)}; need {np.dtype(dtype)}{list(shape)}")


def _check_indices(name: str, indices: np.ndarray, count: int) -> None:
    if indices.size and (indices.min() < 0 or indices.max() >= count):
        raise MeshError(f"{name}: indices run from {indices.min()} to {indices.max()}; allowed is 0 to {count - 1}")
