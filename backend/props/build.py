"""From a spec to a painted triangle mesh."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .classes import (
    belongings,
    buildings,
    furniture,
    instruments,
    lights,
    nature,
    outdoor,
    storage,
    tools,
    vehicles,
    vessels,
    weapons,
)
from .classes.variation import Variation
from .materials import MATERIALS, PATTERNS
from .palette import ABSENT, CLASS_PAINTS, paint, resolved
from .shapes import Part
from .spec import PropSpec
from .surface import Surface, face_normals, sharp_edges, stripe_phase

PROP_RADIUS = 0.82
"""Radius of the sphere around the origin that each prop just fits in; the 40 degree camera sees all of it."""

BUILDERS: dict[str, Callable[[Variation], list[Part]]] = {
    builder.__name__: builder
    for builder in (
        *(storage.crate, storage.chest, storage.bookshelf),
        *(furniture.chair, furniture.table, furniture.stool, furniture.bench, furniture.bed),
        *(lights.lamp, lights.lantern, lights.candle),
        *(vessels.barrel, vessels.vase, vessels.mug, vessels.bottle, vessels.pot, vessels.bowl),
        *(nature.mushroom, nature.tree, nature.rock, nature.pumpkin),
        *(buildings.house, buildings.tower, outdoor.tent, outdoor.well, outdoor.bridge, outdoor.fence),
        *(vehicles.rocket, vehicles.car, vehicles.boat, vehicles.wheel),
        *(weapons.sword, weapons.shield, tools.axe, tools.hammer, tools.key),
        *(instruments.bell, instruments.drum, belongings.book, belongings.hat),
    )
}
"""Class -> what makes its parts; each builder is called like its class."""

# Bands run along Z unless the class is made of flat slabs, where level bands would hardly show.
_STRIPE_DIRECTIONS: dict[str, tuple[float, float, float]] = {
    "chair": (0.6, 0.0, 0.8),
    "stool": (0.8, 0.0, 0.6),
    "table": (0.8, 0.6, 0.0),
    "car": (0.0, 0.8, 0.6),
    "bench": (0.96, 0.0, 0.28),
    "bed": (0.0, 0.96, 0.28),
    "bookshelf": (0.6, 0.0, 0.8),
    "bridge": (0.96, 0.28, 0.0),
    "hat": (0.6, 0.0, 0.8),
    "axe": (0.8, 0.0, 0.6),
    "hammer": (0.96, 0.0, 0.28),
}

_STRETCH = {"normal": (1.0, 1.0), "tall": (1.0, 1.35), "wide": (1.35, 1.0)}


@dataclass(frozen=True)
class Prop:
    """A finished prop.

    vertices: float32[V, 3], centred box, inside PROP_RADIUS.   faces: int32[F, 3], wound outwards.
    face_parts: int32[F], which closed part a face belongs to.   surface: what its points look like.
    """

    vertices: np.ndarray
    faces: np.ndarray
    face_parts: np.ndarray
    surface: Surface

    @cached_property
    def triangles(self) -> np.ndarray:
        """float64[F, 3, 3]: the corners of every face."""
        return self.vertices.astype(np.float64)[self.faces]


def build(spec: PropSpec) -> Prop:
    """The mesh of a prop: deterministic in the spec, front towards -Y, Z up."""
    rng = None if spec.seed is None else np.random.default_rng(spec.seed)
    width, height = _STRETCH[spec.proportion]
    variation = Variation(rng, width * _jitter(rng), height * _jitter(rng))
    parts = [p for p in BUILDERS[spec.prop_class](variation) if _exists(p, spec)]
    parts = _normalised([p.scaled(variation.width, variation.width, variation.height) for p in parts])
    starts = np.cumsum([0, *(len(p.vertices) for p in parts)])
    vertices = np.concatenate([p.vertices for p in parts]).astype(np.float32)
    faces = np.concatenate([p.faces + start for p, start in zip(parts, starts, strict=False)]).astype(np.int32)
    owners = np.repeat(np.arange(len(parts), dtype=np.int32), [len(p.faces) for p in parts])
    return Prop(vertices, faces, owners, _surface(parts, spec, vertices, faces, stripe_phase(variation.between(0, 1))))


def _jitter(rng: np.random.Generator | None) -> float:
    return 1.0 if rng is None else float(rng.uniform(0.94, 1.06))


def _exists(part: Part, spec: PropSpec) -> bool:
    name, is_second = resolved(part.paint, spec.second_colour)
    return is_second or name != ABSENT


def _normalised(parts: list[Part]) -> list[Part]:
    everything = np.concatenate([p.vertices for p in parts])
    center = 0.5 * (everything.min(axis=0) + everything.max(axis=0))
    scale = PROP_RADIUS / np.linalg.norm(everything - center, axis=1).max()
    return [Part((p.vertices - center) * scale, p.faces, p.paint) for p in parts]


def _surface(parts: list[Part], spec: PropSpec, vertices: np.ndarray, faces: np.ndarray, phase: float) -> Surface:
    """Paint every part: the material covers all that follows the first colour, the pattern only the main colour."""
    counts = [len(part.faces) for part in parts]
    paints = [resolved(part.paint, spec.second_colour) for part in parts]
    colours = [paint(part.paint, spec.colour, spec.second_colour) for part in parts]
    materials = [MATERIALS.index(spec.material) if name in CLASS_PAINTS else 0 for name, _ in paints]
    patterns = [PATTERNS.index(spec.pattern) if name == "main" and not second else 0 for name, second in paints]
    axes = [np.argsort(-np.ptp(part.vertices, axis=0).round(3), kind="stable") for part in parts]
    normals = face_normals(vertices.astype(np.float64)[faces])
    return Surface(
        colours=np.repeat(np.array(colours, np.float32), counts, axis=0),
        materials=np.repeat(np.array(materials, np.int8), counts),
        patterns=np.repeat(np.array(patterns, np.int8), counts),
        normals=normals,
        axes=np.repeat(np.array(axes, np.int8), counts, axis=0),
        sharp=sharp_edges(faces, normals),
        tint=paint("tint", spec.colour),
        stripe_direction=np.array(_STRIPE_DIRECTIONS.get(spec.prop_class, (0.0, 0.0, 1.0))),
        phase=phase,
    )
