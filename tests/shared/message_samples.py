"""Hypothesis strategies for every message, built from the dataclasses' own annotations; and equality with arrays."""

import dataclasses
import types
from typing import Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
from any_to_3d.shared.mesh import MeshSnapshot, SourceMesh, TexturedMesh, TextureSnapshot
from any_to_3d.shared.messages import Message
from hypothesis import strategies as st

MESSAGES = get_args(Message)

_text = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
_integers = st.integers(-(2**63), 2**63 - 1)
_floats = st.floats(allow_nan=False, allow_infinity=False)


def _points(rng: np.random.Generator, count: int, axes: int) -> np.ndarray:
    return rng.random((count, axes)).astype(np.float32)


def _triangles(rng: np.random.Generator, faces: int, vertices: int) -> np.ndarray:
    return rng.integers(0, vertices, (faces, 3)).astype(np.int32)


@st.composite
def snapshots(draw: st.DrawFn) -> MeshSnapshot:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    vertices, faces = draw(st.integers(1, 12)), draw(st.integers(0, 12))
    colors = rng.integers(0, 256, (vertices, 4)).astype(np.uint8) if draw(st.booleans()) else None
    numbers = [draw(_integers) for _ in range(3)]
    points, triangles = _points(rng, vertices, 3), _triangles(rng, faces, vertices)
    return MeshSnapshot(draw(_text), numbers[0], draw(_text), numbers[1], numbers[2], points, triangles, colors)


@st.composite
def textured_meshes(draw: st.DrawFn) -> TexturedMesh:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    vertices, faces, uvs = draw(st.integers(1, 12)), draw(st.integers(0, 12)), draw(st.integers(1, 12))
    albedo = rng.integers(0, 256, (draw(st.integers(1, 5)), draw(st.integers(1, 5)), 3)).astype(np.uint8)
    points, corners = _points(rng, vertices, 3), _points(rng, uvs, 2)
    triangles, uv_triangles = _triangles(rng, faces, vertices), _triangles(rng, faces, uvs)
    return TexturedMesh(points, triangles, corners, uv_triangles, albedo)


@st.composite
def source_meshes(draw: st.DrawFn) -> SourceMesh:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    vertices, faces, uvs = draw(st.integers(1, 12)), draw(st.integers(1, 12)), draw(st.integers(1, 12))
    points, triangles = _points(rng, vertices, 3) / 2, _triangles(rng, faces, vertices)
    if not draw(st.booleans()):
        return SourceMesh(points, triangles, np.zeros((0, 2), np.float32), np.zeros((0, 3), np.int32))
    size = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    albedo = rng.integers(0, 256, (*size, 3)).astype(np.uint8) if draw(st.booleans()) else None
    mask = rng.integers(0, 256, size).astype(np.uint8) if draw(st.booleans()) else None
    return SourceMesh(points, triangles, _points(rng, uvs, 2), _triangles(rng, faces, uvs), albedo, mask)


@st.composite
def texture_snapshots(draw: st.DrawFn) -> TextureSnapshot:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    albedo = rng.integers(0, 256, (draw(st.integers(1, 5)), draw(st.integers(1, 5)), 3)).astype(np.uint8)
    return TextureSnapshot(draw(_text), draw(_integers), draw(_text), draw(_integers), albedo)


def values(hint: object) -> st.SearchStrategy:
    """Every value that an annotation allows (small ones)."""
    simple = {
        str: _text,
        int: _integers,
        float: _floats,
        bool: st.booleans(),
        bytes: st.binary(max_size=40),
        type(None): st.none(),
    }
    if hint in simple:
        return simple[hint]
    if hint is MeshSnapshot:
        return snapshots()
    by_class = {TexturedMesh: textured_meshes, SourceMesh: source_meshes, TextureSnapshot: texture_snapshots}
    if isinstance(hint, type) and hint in by_class:
        return by_class[hint]()
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{field.name: values(hints[field.name]) for field in dataclasses.fields(hint)})
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of(*[values(argument) for argument in arguments])
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    assert origin is dict
    return st.dictionaries(_text, values(arguments[1]), max_size=3)


messages = st.one_of(*[values(cls) for cls in MESSAGES])


def same(one: object, other: object) -> bool:
    """Equality that looks into arrays."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and bool((one == other).all())
    if dataclasses.is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(one))
    if isinstance(one, tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return one == other
