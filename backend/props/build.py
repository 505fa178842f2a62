"""From a spec to a painted triangle mesh."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import buildings, furniture, nature, vehicles, vessels
from .palette import paint
from .shapes import Part
from .spec import PropSpec
from .stripes import band_edges, cut_by_planes, is_light_band
from .variation import Variation

PROP_RADIUS = 0.82
"""Radius of the sphere around the origin that each prop just fits in; the 40 degree camera sees all of it."""

_BUILDERS: dict[str, Callable[[Variation], list[Part]]] = {
    "crate": furniture.crate,
    "barrel": vessels.barrel,
    "stool": furniture.stool,
    "lamp": furniture.lamp,
    "vase": vessels.vase,
    "bottle": vessels.bottle,
    "mushroom": nature.mushroom,
    "tree": nature.tree,
    "tower": buildings.tower,
    "rocket": vehicles.rocket,
    "chair": furniture.chair,
    "table": furniture.table,
    "mug": vessels.mug,
    "house": buildings.house,
    "car": vehicles.car,
    "boat": vehicles.boat,
}

# Bands run along Z unless the class is made of flat slabs, where level bands would hardly show.
_STRIPE_DIRECTIONS: dict[str, tuple[float, float, float]] = {
    "chair": (0.6, 0.0, 0.8),
    "table": (0.8, 0.6, 0.0),
    "car": (0.0, 0.8, 0.6),
}
_STRIPE_PERIOD = 0.36
_LIGHT_SHARE = 0.42

_STRETCH = {"normal": (1.0, 1.0), "tall": (1.0, 1.35), "wide": (1.35, 1.0)}


@dataclass(frozen=True)
class Prop:
    """A finished prop.

    vertices: float32[V, 3], centred box, inside PROP_RADIUS.   faces: int32[F, 3], wound outwards.
    face_colors: float32[F, 3], sRGB in [0, 1].   face_parts: int32[F], which closed part a face belongs to.
    """

    vertices: np.ndarray
    faces: np.ndarray
    face_colors: np.ndarray
    face_parts: np.ndarray


def build(spec: PropSpec) -> Prop:
    """The mesh of a prop: deterministic in the spec, front towards -Y, Z up."""
    rng = None if spec.seed is None else np.random.default_rng(spec.seed)
    width, height = _STRETCH[spec.proportion]
    variation = Variation(rng, width * _jitter(rng), height * _jitter(rng))
    parts = _BUILDERS[spec.prop_class](variation)
    parts = _normalised([p.scaled(variation.width, variation.width, variation.height) for p in parts])
    phase = variation.between(0.0, _STRIPE_PERIOD)
    vertices, faces, colors, owners, start = [], [], [], [], 0
    for number, part in enumerate(parts):
        v, f, c = _painted(part, spec, phase)
        vertices.append(v)
        faces.append(f + start)
        colors.append(c)
        owners.append(np.full(len(f), number))
        start += len(v)
    return Prop(
        np.concatenate(vertices).astype(np.float32),
        np.concatenate(faces).astype(np.int32),
        np.concatenate(colors).astype(np.float32),
        np.concatenate(owners).astype(np.int32),
    )


def _jitter(rng: np.random.Generator | None) -> float:
    return 1.0 if rng is None else float(rng.uniform(0.94, 1.06))


def _normalised(parts: list[Part]) -> list[Part]:
    everything = np.concatenate([p.vertices for p in parts])
    center = 0.5 * (everything.min(axis=0) + everything.max(axis=0))
    scale = PROP_RADIUS / np.linalg.norm(everything - center, axis=1).max()
    return [Part((p.vertices - center) * scale, p.faces, p.paint) for p in parts]


def _painted(part: Part, spec: PropSpec, phase: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    own = np.array(paint(part.paint, spec.colour))
    if spec.pattern == "plain" or part.paint != "main":
        return part.vertices, part.faces, np.tile(own, (len(part.faces), 1))
    direction = np.array(_STRIPE_DIRECTIONS.get(spec.prop_class, (0.0, 0.0, 1.0)))
    along = part.vertices @ direction
    edges = band_edges(along.min(), along.max(), _STRIPE_PERIOD, _LIGHT_SHARE, phase)
    vertices, faces = cut_by_planes(part.vertices, part.faces, direction, edges)
    middles = vertices[faces].mean(axis=1) @ direction
    light = is_light_band(middles, _STRIPE_PERIOD, _LIGHT_SHARE, phase)
    return vertices, faces, np.where(light[:, None], np.array(paint("tint", spec.colour)), own)
