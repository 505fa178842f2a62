"""How well one mesh answers its prompt: what judges retrieve from its views, and how it differs from the prop."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ...shared.mesh import TexturedMesh
from ..props.build import Prop, build
from ..props.render import PropView
from ..props.render import render as render_prop
from .case import Target
from .judges import Judge
from .measures.alignment import moved_onto
from .measures.finish import Finish, finish
from .measures.mesh_quality import ShapeMatch, Soundness, shape_match, soundness
from .measures.orbit import ELEVATIONS, ObjectView, azimuths, orbit, render
from .measures.r_precision import Retrieval
from .measures.texture_quality import TextureMatch, texture_match
from .pairs import Pair

SIZE = 128
"""Pixels a side; twice what the built-in encoders read."""

COMPARED_AZIMUTHS = 24
_SUPERSAMPLE = 2

Orbits = dict[float, Float[Tensor, "V 3 S S"]]
"""Elevation in degrees -> pictures all around."""


@dataclass(frozen=True)
class Verdict:
    """What one judge retrieves from one orbit."""

    judge: str
    elevation_degrees: float
    retrieval: Retrieval


@dataclass(frozen=True)
class PhaseScores:
    """All scores of a mesh against the prop of its prompt; ``finish`` is None in records older than that measure."""

    verdicts: tuple[Verdict, ...]
    soundness: Soundness
    shape: ShapeMatch
    texture: TextureMatch
    finish: Finish | None = None


@dataclass(frozen=True)
class PropVerdicts:
    """What the judges say of the true props of some prompts, in the prompts' order."""

    props: tuple[tuple[Verdict, ...], ...]


def phase_scores(
    mesh: TexturedMesh, target: Target, judges: Sequence[Judge], pairs: Sequence[Pair], views: int
) -> PhaseScores:
    """Judge ``views`` pictures an elevation among the prompts of ``pairs``, and compare the aligned mesh with the prop.

    Raises ValueError for a target whose prompt is not among the pairs.
    """
    both = _beside(mesh, build(target.spec), min(views, COMPARED_AZIMUTHS))
    return PhaseScores(
        verdicts(orbits(mesh, views), target.text, judges, pairs),
        soundness(mesh),
        both.shape,
        both.texture,
        finish(both.ours, both.theirs),
    )


def prop_verdicts(target: Target, judges: Sequence[Judge], pairs: Sequence[Pair], views: int) -> tuple[Verdict, ...]:
    """What the judges say of the prop's own pictures: no object should be expected to score more."""
    return verdicts(prop_orbits(build(target.spec), views), target.text, judges, pairs)


def verdicts(pictures: Orbits, prompt: str, judges: Sequence[Judge], pairs: Sequence[Pair]) -> tuple[Verdict, ...]:
    """What each judge retrieves from each orbit among the prompts of ``pairs``."""
    pools = [(judge, judge.pool(pairs)) for judge in judges]
    return tuple(
        Verdict(judge.name, elevation, pool.retrieve(judge.seen(views), prompt))
        for elevation, views in pictures.items()
        for judge, pool in pools
    )


def orbits(mesh: TexturedMesh, views: int) -> Orbits:
    """Unlit pictures of a mesh from ``views`` azimuths at both elevations."""
    return {e: _as_batch([view.rgb for view in orbit(mesh, e, SIZE, views)]) for e in ELEVATIONS}


def prop_orbits(prop: Prop, views: int) -> Orbits:
    """The prop's own pictures from the same cameras."""
    return {
        e: _as_batch(
            [render_prop(prop, math.radians(e), float(a), SIZE, _SUPERSAMPLE).rgb / 255 for a in azimuths(views)]
        )
        for e in ELEVATIONS
    }


def prop_matches(mesh: TexturedMesh, prop: Prop, views: int) -> tuple[ShapeMatch, TextureMatch]:
    """The mesh, moved and scaled onto the prop by its box, beside it from ``views`` azimuths at both elevations."""
    both = _beside(mesh, prop, views)
    return both.shape, both.texture


@dataclass(frozen=True)
class _Beside:
    """A mesh that was moved onto a prop, and both from the same cameras."""

    aligned: TexturedMesh
    prop: Prop
    ours: list[ObjectView]
    theirs: list[PropView]

    @property
    def shape(self) -> ShapeMatch:
        return shape_match(self.aligned, self.ours, self.prop, self.theirs)

    @property
    def texture(self) -> TextureMatch:
        return texture_match(self.ours, self.theirs)


def _beside(mesh: TexturedMesh, prop: Prop, views: int) -> _Beside:
    aligned = replace(mesh, vertices=moved_onto(mesh.vertices, prop.vertices))
    cameras = [(math.radians(e), float(a)) for e in ELEVATIONS for a in azimuths(views)]
    return _Beside(
        aligned,
        prop,
        ours=[render(aligned, elevation, azimuth, SIZE, _SUPERSAMPLE) for elevation, azimuth in cameras],
        theirs=[render_prop(prop, elevation, azimuth, SIZE, _SUPERSAMPLE) for elevation, azimuth in cameras],
    )


def _as_batch(pictures: list[np.ndarray]) -> Tensor:
    """Pictures [SIZE, SIZE, 3] as f32[V, 3, SIZE, SIZE]."""
    return torch.from_numpy(np.stack(pictures)).float().permute(0, 3, 1, 2).contiguous()
