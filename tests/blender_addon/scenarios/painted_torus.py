"""A torus whose colour at every point is known, so that a texture that slips is seen. Runs inside Blender."""

import math

import bpy
import numpy as np

RING, TUBE = 1.0, 0.4

ACROSS, AROUND = 96, 48
_PATCHES = 6
"""The torus is cut into so many islands each way, and they lie in another order in the image."""

_SIZE = np.array([ACROSS, AROUND]) / _PATCHES
_GAP = 0.16
_RUN_ON = 0.3
"""How far colours run on beyond an island, in faces."""

_ORDER = np.random.default_rng(1).permutation(_PATCHES * _PATCHES)


def arrays():
    """vertices f32[V, 3], faces i32[F, 3], uvs f32[U, 2], uv_faces i32[F, 3]: closed, in 36 islands."""
    i, j = np.meshgrid(np.arange(ACROSS), np.arange(AROUND), indexing="ij")
    ring, tube = 2 * math.pi * i / ACROSS, 2 * math.pi * j / AROUND
    radius = RING + TUBE * np.cos(tube)
    vertices = np.stack([radius * np.cos(ring), radius * np.sin(ring), TUBE * np.sin(tube)], -1)
    square = ((0, 0), (1, 0), (1, 1), (0, 1))
    corners = [((i + a) % ACROSS * AROUND + (j + b) % AROUND) for a, b in square]
    patch = _patch_of(i, j)
    uvs = [_in_image(patch % _PATCHES, np.stack([i + a, j + b], -1) / _SIZE - patch) for a, b in square]
    quads = np.arange(4 * ACROSS * AROUND).reshape(-1, 4)
    uv = np.stack(uvs, axis=2).reshape(-1, 2).astype(np.float32)
    faces = _triangles(np.stack(corners, -1).reshape(-1, 4))
    return vertices.reshape(-1, 3).astype(np.float32), faces, uv, _triangles(quads)


def albedo(size=512):
    """u8[size, size, 3], first row is the top: the colour of every place on the torus, and black beside the islands."""
    across, down = np.meshgrid((np.arange(size) + 0.5) / size, (np.arange(size) + 0.5) / size)
    place = np.stack([across, 1 - down], -1) * _PATCHES
    cell = np.floor(place).astype(int)
    inside = (place - cell - _GAP) / (1 - 2 * _GAP)
    number = np.argsort(_ORDER)[cell[..., 0] * _PATCHES + cell[..., 1]]
    patch = np.stack([number // _PATCHES, number % _PATCHES], -1)
    on_torus = (patch + inside) / _PATCHES
    image = np.rint(color_at(on_torus[..., 0], on_torus[..., 1]) * 255).astype(np.uint8)
    is_inside = np.zeros(image.shape[:2], bool)
    for a, b in ((-_RUN_ON, 0), (_RUN_ON, 0), (0, -_RUN_ON), (0, _RUN_ON)):
        face = np.floor((patch + inside) * _SIZE + (a, b)).astype(int)
        is_inside |= (_patch_of(face[..., 0], face[..., 1]) == patch).all(axis=-1)
    image[~is_inside] = 0
    return image


def _patch_of(i, j):
    """Which patch a face is in, i[..., 2]. The cuts zigzag: along straight ones Decimate would do no harm."""
    return np.stack([np.floor_divide(i + 2 * (j // 2 % 2), _SIZE[0]), np.floor_divide(j, _SIZE[1])], -1).astype(int)


def _in_image(patch, inside):
    cell = _ORDER[patch[..., 0] * _PATCHES + patch[..., 1]]
    cell = np.stack([cell // _PATCHES, cell % _PATCHES], -1)
    return (cell + _GAP + (1 - 2 * _GAP) * inside) / _PATCHES


def color_at(u, v):
    """Red and green tell u, blue tells v; all go on without a step over the cuts."""
    return 0.5 + 0.5 * np.stack([np.cos(2 * math.pi * u), np.sin(2 * math.pi * u), np.cos(2 * math.pi * v)], -1)


def misplaced(surface, image, count=2000):
    """The share of the surface whose texel is of another place, for a mesh in the torus's own size."""
    random = np.random.default_rng(0)
    face = random.integers(len(surface.faces), size=count)
    weights = random.dirichlet([1, 1, 1], size=count)
    points = np.einsum("nk,nkd->nd", weights, surface.vertices[surface.faces[face]])
    uv = np.einsum("nk,nkd->nd", weights, surface.uvs[face])
    height, width = image.shape[:2]
    column = (uv[:, 0] * width).astype(int).clip(0, width - 1)
    row = ((1 - uv[:, 1]) * height).astype(int).clip(0, height - 1)
    u = np.arctan2(points[:, 1], points[:, 0]) / (2 * math.pi)
    v = np.arctan2(points[:, 2], np.hypot(points[:, 0], points[:, 1]) - RING) / (2 * math.pi)
    return float((np.abs(image[row, column] - color_at(u, v)).max(axis=1) > 0.25).mean())


def select_only(*targets):
    bpy.ops.object.select_all(action="DESELECT")
    for target in targets:
        target.select_set(True)
    bpy.context.view_layer.objects.active = targets[-1]


def _triangles(quads):
    flat = quads.reshape(-1, 4)
    return np.concatenate([flat[:, [0, 1, 2]], flat[:, [0, 2, 3]]]).astype(np.int32)
