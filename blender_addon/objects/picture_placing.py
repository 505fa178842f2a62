"""Where an image texture looks for its colours: at a UV map, moved, turned and scaled by Mapping nodes."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Euler, Matrix

from .node_chain import Feed, Input, feed_of

Placed = tuple[float, float, float, float, float, float]

AS_IT_IS: Placed = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)

_SMALLEST_SCALE = 1e-9


def placed_at(vector: Input) -> tuple[str, Placed] | None:
    """The UV map behind this input, empty for the render one, and how it is placed; None for any other coordinates."""
    matrix = Matrix()
    feed = feed_of(vector)
    if feed.node is None and feed.end != vector:
        return None  # a group's input with a value: one place of the image for all of the surface
    while isinstance(feed.node, bpy.types.ShaderNodeMapping):
        mapping = _matrix(feed.node, feed)
        before = feed.input("Vector")
        if mapping is None or before is None:
            return None
        matrix = matrix @ mapping
        feed = feed_of(before)
        if feed.node is None:
            return None
    layer = _layer(feed)
    return None if layer is None else (layer, _placed(matrix))


def moved(uvs: np.ndarray, placed: Placed) -> np.ndarray:
    """UVs f32[N, 2] where the image has them."""
    if placed == AS_IT_IS:
        return uvs
    a, b, c, d, e, f = placed
    u, v = uvs[:, 0], uvs[:, 1]
    return np.stack([a * u + b * v + c, d * u + e * v + f], axis=1).astype(np.float32)


def _layer(feed: Feed) -> str | None:
    node = feed.node
    if node is None:
        return ""
    if isinstance(node, bpy.types.ShaderNodeUVMap):
        return node.uv_map
    return "" if isinstance(node, bpy.types.ShaderNodeTexCoord) and feed.output == "UV" else None


def _matrix(node: bpy.types.ShaderNodeMapping, feed: Feed) -> Matrix | None:
    """What a Mapping node does to a vector; None where its numbers are computed, or it makes unit vectors."""
    values: dict[str, tuple[float, float, float]] = {}
    for name in ("Location", "Rotation", "Scale"):
        place = feed.input(name)
        if place is None and name == "Location":
            values[name] = (0.0, 0.0, 0.0)  # the node hides it where it does not count
            continue
        end = feed_of(place) if place is not None else None
        if end is None or end.node is not None:
            return None
        x, y, z = np.array(end.end.socket.default_value).tolist()  # type: ignore[attr-defined]
        values[name] = (x, y, z)
    if node.vector_type == "NORMAL":
        return None
    move = Matrix.Translation(values["Location"])
    turn = Euler(values["Rotation"]).to_matrix().to_4x4()
    scale = Matrix.Diagonal(values["Scale"]).to_4x4()
    if node.vector_type == "VECTOR":
        return turn @ scale
    if node.vector_type == "POINT":
        return move @ turn @ scale
    if min(abs(value) for value in values["Scale"]) < _SMALLEST_SCALE:
        return None
    return scale.inverted() @ turn.inverted() @ move.inverted()


def _placed(matrix: Matrix) -> Placed:
    (a, b, _, c), (d, e, _, f), *_ = np.array(matrix).tolist()
    return (a, b, c, d, e, f)
