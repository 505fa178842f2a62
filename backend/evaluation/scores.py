"""All scores of one object, phase by phase."""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ...shared.mesh import TexturedMesh
from ..models.protocols import ImageEncoder
from ..props.build import Prop, build
from ..props.render import render as render_prop
from ..props.spec import canonical
from .alignment import moved_onto
from .mesh_quality import ShapeMatch, Soundness, shape_match, soundness
from .orbit import ELEVATIONS, azimuths, orbit, render
from .r_precision import PromptPool, Retrieval
from .suite import Subject
from .texture_quality import TextureMatch, texture_match

SIZE = 128
"""Pixels a side; twice what the built-in encoders read."""

_COMPARED_AZIMUTHS = 24
_SUPERSAMPLE = 2


@dataclass(frozen=True)
class Judge:
    """Someone who says which prompt a picture shows: an image tower and the pool in its space."""

    name: str
    encoder: ImageEncoder
    pool: PromptPool


@dataclass(frozen=True)
class Verdict:
    """What one judge retrieves from one orbit."""

    judge: str
    elevation_degrees: float
    retrieval: Retrieval


@dataclass(frozen=True)
class PhaseScores:
    verdicts: tuple[Verdict, ...]
    soundness: Soundness
    shape: ShapeMatch
    texture: TextureMatch


def phase_scores(mesh: TexturedMesh, subject: Subject, judges: tuple[Judge, ...], views: int) -> PhaseScores:
    """Judge ``views`` pictures an elevation of the mesh, and compare it, aligned, with the prop it should be."""
    prop = build(canonical(subject.prop_class, subject.colour))
    orbits = {e: _as_batch([view.rgb for view in orbit(mesh, e, SIZE, views)]) for e in ELEVATIONS}
    shape, texture = _matches(mesh, prop, min(views, _COMPARED_AZIMUTHS))
    return PhaseScores(_verdicts(orbits, subject, judges), soundness(mesh), shape, texture)


def prop_verdicts(subject: Subject, judges: tuple[Judge, ...], views: int) -> tuple[Verdict, ...]:
    """What the judges say of the prop's own pictures: no object should be expected to score more."""
    prop = build(canonical(subject.prop_class, subject.colour))
    orbits = {
        e: _as_batch(
            [render_prop(prop, math.radians(e), float(a), SIZE, _SUPERSAMPLE).rgb / 255 for a in azimuths(views)]
        )
        for e in ELEVATIONS
    }
    return _verdicts(orbits, subject, judges)


def _verdicts(orbits: dict[float, Tensor], subject: Subject, judges: tuple[Judge, ...]) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(judge.name, elevation, judge.pool.retrieve(judge.encoder, pictures, subject.text))
        for elevation, pictures in orbits.items()
        for judge in judges
    )


def _matches(mesh: TexturedMesh, prop: Prop, views: int) -> tuple[ShapeMatch, TextureMatch]:
    aligned = replace(mesh, vertices=moved_onto(mesh.vertices, prop.vertices))
    cameras = [(math.radians(e), float(a)) for e in ELEVATIONS for a in azimuths(views)]
    ours = [render(aligned, elevation, azimuth, SIZE, _SUPERSAMPLE) for elevation, azimuth in cameras]
    theirs = [render_prop(prop, elevation, azimuth, SIZE, _SUPERSAMPLE) for elevation, azimuth in cameras]
    return shape_match(aligned, ours, prop, theirs), texture_match(ours, theirs)


def _as_batch(pictures: list[np.ndarray]) -> Tensor:
    """Pictures [SIZE, SIZE, 3] as f32[V, 3, SIZE, SIZE]."""
    return torch.from_numpy(np.stack(pictures)).float().permute(0, 3, 1, 2).contiguous()
