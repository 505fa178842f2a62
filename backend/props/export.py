"""Props as GLB files: texture coordinates, textures baked from surface.py, and glTF's metalness and roughness."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ...shared.mesh import TexturedMesh
from ..finishing.bake import bake_faces
from ..finishing.glb import ROUGHNESS, write_glb
from ..finishing.unwrap import Atlas, unwrap
from .build import Prop, build
from .materials import MATERIALS
from .spec import PropSpec
from .surface import albedo

TEXTURE_SIZE = 512

_ROUGHNESS = {"metal": 0.35, "plastic": 0.3, "glass": 0.12, "stone": 0.9, "cloth": 0.95}
_METALNESS = {"metal": 0.85}


def write_prop(spec: PropSpec, path: Path, height_metres: float | None = None, texture_size: int = TEXTURE_SIZE) -> int:
    """Build a prop and write it as GLB; returns its number of faces.

    The textures hold patterns and materials without any light: highlights are left to the viewer's own shading.
    height_metres: by default the prop keeps its size, about 1.6 units. Raises ValueError for a height or a texture
    size that is not positive, OSError if the file cannot be written.
    """
    if texture_size < 1:
        raise ValueError(f"texture size: got {texture_size} pixels; need at least 1")
    prop = build(spec)
    atlas = _last(unwrap(prop.vertices, prop.faces, texture_size))
    assert isinstance(atlas, Atlas)
    vertices, faces = split_at_creases(prop)
    mesh = TexturedMesh(
        vertices,
        faces,
        atlas.uvs,
        atlas.uv_faces,
        _baked(prop, atlas, lambda points, faces: albedo(prop.surface, prop.triangles, points, faces), texture_size),
    )
    finish = None if spec.material == "plain" else _baked(prop, atlas, _finish_field(prop), texture_size)
    write_glb(mesh, path, height_metres, finish)
    return len(prop.faces)


def split_at_creases(prop: Prop) -> tuple[np.ndarray, np.ndarray]:
    """Vertices f32[V', 3] and faces i32[F, 3] in which faces share a corner only if no sharp edge lies between them.

    Normals that are smooth over shared vertices, as GLB files get them, then leave edges of boxes hard.
    """
    corners = np.arange(3 * len(prop.faces)).reshape(-1, 3)
    starts, ends = corners[~prop.surface.sharp], np.roll(corners, -1, axis=1)[~prop.surface.sharp]
    at_start, at_end = prop.faces.ravel()[starts], prop.faces.ravel()[ends]
    # Sorted by their ends, the two uses of an edge become neighbours; they run in opposite directions.
    order = np.lexsort((np.maximum(at_start, at_end), np.minimum(at_start, at_end)))
    one, other = order[0::2], order[1::2]
    rows, columns = np.concatenate([starts[one], ends[one]]), np.concatenate([ends[other], starts[other]])
    links = coo_array((np.ones(len(rows)), (rows, columns)), shape=(corners.size, corners.size))
    count, group = connected_components(links, directed=False)
    vertices = np.empty((count, 3), np.float32)
    vertices[group] = prop.vertices[prop.faces.ravel()]
    return vertices, group.reshape(-1, 3).astype(np.int32)


def _finish_field(prop: Prop) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """glTF's roughness in green and metalness in blue, of points on faces."""
    table = np.array([(0.0, _ROUGHNESS.get(name, ROUGHNESS), _METALNESS.get(name, 0.0)) for name in MATERIALS])
    return lambda points, faces: table[prop.surface.materials[faces]]


def _baked(
    prop: Prop, atlas: Atlas, field: Callable[[np.ndarray, np.ndarray], np.ndarray], texture_size: int
) -> np.ndarray:
    image = _last(bake_faces(prop.vertices, prop.faces, atlas, field, texture_size))
    assert isinstance(image, np.ndarray)
    return image


def _last(steps: Iterator[object]) -> object:
    """What a generator of progress yields in the end."""
    *_, last = steps
    return last
