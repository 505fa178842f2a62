"""What makes an extracted surface a finished one: one body, closed, wound outwards, no larger than asked.

All functions are pure numpy: vertices f32[V, 3] in generator units, faces i32[F, 3].
"""

import logging

import fast_simplification
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .pinch_repair import without_pinches

log = logging.getLogger(__name__)

SMALLEST_SHARE = 0.01
"""Components with less than this share of the largest one's area are floaters."""

DEGENERATE_AREA = 1e-9
"""Faces at or below this area have no direction in float32: an edge of 0.02 by a height of 1e-7."""

_REPAIR_ROUNDS = 8
_SHAKE = 1e-4

Surface = tuple[np.ndarray, np.ndarray]


def is_closed(faces: np.ndarray) -> bool:
    """Whether every edge is shared by exactly two faces that walk it in opposite directions."""
    if not len(faces):
        return False
    starts, ends = faces.reshape(-1).astype(np.int64), np.roll(faces, -1, axis=1).reshape(-1).astype(np.int64)
    count = int(faces.max()) + 1
    forward, backward = np.sort(starts * count + ends), np.sort(ends * count + starts)
    return bool((starts != ends).all() and (np.diff(forward) > 0).all() and np.array_equal(forward, backward))


def face_areas(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Area of every face, f64[F]."""
    a, b, c = vertices.astype(np.float64)[faces].transpose(1, 0, 2)
    return 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)


def signed_volumes(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Volume of the tetrahedron between the origin and every face, f64[F]; their sum is the enclosed volume."""
    a, b, c = vertices.astype(np.float64)[faces].transpose(1, 0, 2)
    return np.einsum("ij,ij->i", a, np.cross(b, c)) / 6


def component_of_faces(faces: np.ndarray, vertex_count: int) -> np.ndarray:
    """Which connected component each face belongs to, i32[F], numbered from 0."""
    starts, ends = faces[:, [0, 1]].ravel(), faces[:, [1, 2]].ravel()
    graph = coo_array((np.ones(len(starts), np.int8), (starts, ends)), shape=(vertex_count, vertex_count))
    labels = connected_components(graph, directed=False)[1][faces[:, 0]]
    return np.unique(labels, return_inverse=True)[1].astype(np.int32)


def without_floaters(vertices: np.ndarray, faces: np.ndarray, smallest_share: float = SMALLEST_SHARE) -> Surface:
    """Drop components with less than ``smallest_share`` of the largest one's area, and vertices nothing uses."""
    if not len(faces):
        return compacted(vertices, faces)
    component = component_of_faces(faces, len(vertices))
    areas = np.bincount(component, weights=face_areas(vertices, faces))
    kept = areas >= smallest_share * areas.max()
    return compacted(vertices, faces[kept[component]])


def outward(vertices: np.ndarray, faces: np.ndarray) -> Surface:
    """Wind a closed surface so that it encloses a positive volume, and fill cavities nobody can see into.

    A cavity is a component of negative volume inside an outer one; without its faces the body is solid there.
    """
    volumes = signed_volumes(vertices, faces)
    if volumes.sum() < 0:
        log.warning("the extracted surface was wound inwards and is turned: volume=%.4g", volumes.sum())
        faces, volumes = np.ascontiguousarray(faces[:, ::-1]), -volumes
    component = component_of_faces(faces, len(vertices))
    is_body = np.bincount(component, weights=volumes) > 0
    return compacted(vertices, faces[is_body[component]])


def without_degenerate_faces(vertices: np.ndarray, faces: np.ndarray) -> Surface:
    """Weld the shortest edge of every face without area, or shake its corners where welding would open the mesh.

    What is left after a few rounds (seen only on hand-made surfaces) is logged.
    """
    was_closed = is_closed(faces)
    for _ in range(_REPAIR_ROUNDS):
        flat = np.flatnonzero(face_areas(vertices, faces) <= DEGENERATE_AREA)
        if not len(flat):
            return compacted(vertices, faces)
        welded = _weld_shortest_edges(vertices, faces, flat)
        if was_closed and not is_closed(welded):
            vertices = _shaken(vertices, np.unique(faces[flat]))
        else:
            faces = welded
    left = int((face_areas(vertices, faces) <= DEGENERATE_AREA).sum())
    if left:
        log.warning("faces=%d without area are left: welding them would open the surface", left)
    return compacted(vertices, faces)


def simplified(vertices: np.ndarray, faces: np.ndarray, max_faces: int) -> Surface:
    """Quadric edge collapse to at most ``max_faces`` for display; makes no promise about closedness."""
    if len(faces) <= max_faces:
        return vertices, faces
    points, triangles = fast_simplification.simplify(
        vertices.astype(np.float32), faces.astype(np.int32), target_count=max(max_faces, 4)
    )
    return compacted(points.astype(np.float32), triangles.astype(np.int32))


def simplified_closed(vertices: np.ndarray, faces: np.ndarray, max_faces: int) -> Surface:
    """At most ``max_faces`` faces, or as near as a closed surface allows, without degenerate faces; logs a shortfall.

    Edge collapse pinches thin parts; pinches are opened again. A slightly other target rarely meets the same trouble,
    so smaller ones are tried before larger ones.
    """
    count = len(faces)
    if count <= max_faces:
        return vertices, faces
    smaller = [max_faces * share for share in (1.0, 0.98, 0.95)]
    larger = [max_faces + share * (count - max_faces) for share in (0.1, 0.3, 0.6)]
    for target in (*smaller, *larger):
        collapsed = without_degenerate_faces(*without_pinches(*simplified(vertices, faces, round(target))))
        if is_closed(collapsed[1]):
            result = outward(*without_floaters(*collapsed))
            if len(result[1]) > max_faces:
                log.warning("faces=%d instead of %d: fewer would have opened the surface", len(result[1]), max_faces)
            return result
    log.warning("the surface keeps its faces=%d instead of %d: fewer would have opened it", count, max_faces)
    return vertices, faces


def compacted(vertices: np.ndarray, faces: np.ndarray) -> Surface:
    """The same faces over only the vertices they use, as float32 and int32."""
    used = np.zeros(len(vertices), bool)
    used[faces] = True
    renumbered = np.cumsum(used, dtype=np.int32) - 1
    return np.ascontiguousarray(vertices[used], np.float32), renumbered[faces].astype(np.int32).reshape(-1, 3)


def _weld_shortest_edges(vertices: np.ndarray, faces: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Faces with the shortest edge of each flat face merged to one vertex; faces that lose a corner are gone."""
    corners = vertices.astype(np.float64)[faces[flat]]
    shortest = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2).argmin(axis=1)
    rows = np.arange(len(flat))
    keep, drop = faces[flat][rows, shortest], faces[flat][rows, (shortest + 1) % 3]
    graph = coo_array((np.ones(len(keep), np.int8), (keep, drop)), shape=(len(vertices), len(vertices)))
    label = connected_components(graph, directed=False)[1]
    representative = np.zeros(label.max() + 1, np.int32)
    representative[label[::-1]] = np.arange(len(label) - 1, -1, -1)
    moved = representative[label][faces]
    whole = (moved != np.roll(moved, 1, axis=1)).all(axis=1)
    return _without_opposite_pairs(moved[whole])


def _shaken(vertices: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Move the chosen vertices a little, always the same way, which separates corners that fell together."""
    moved = vertices.astype(np.float32)
    moved[chosen] += np.random.default_rng(0).normal(scale=_SHAKE, size=(len(chosen), 3))
    return moved


def _without_opposite_pairs(faces: np.ndarray) -> np.ndarray:
    """Drop faces that stand on the same three vertices as another one: a folded flap that encloses nothing."""
    if not len(faces):
        return faces
    _, owner, count = np.unique(np.sort(faces, axis=1), axis=0, return_inverse=True, return_counts=True)
    return faces[count[owner.reshape(-1)] == 1]
