"""How near an object is to one true prop, as it stands and turned the best of eight ways."""

from dataclasses import dataclass, replace

import numpy as np

from ....shared.mesh import TexturedMesh
from ...props.build import Prop
from ..scores import prop_matches
from .alignment import placement, turned
from .mesh_quality import chamfer
from .orbit import visible_points

TURNS = tuple(45.0 * number for number in range(8))
"""Degrees about the vertical axis, counter-clockwise seen from above."""


@dataclass(frozen=True)
class PropMatch:
    """turn: degrees the object was turned by.   chamfer_percent: of the prop's box diagonal.

    picture_psnr: dB of whole novel views on white.
    """

    turn: float
    chamfer_percent: float
    picture_psnr: float


def match(mesh: TexturedMesh, prop: Prop, turn: float, views: int) -> PropMatch:
    """Compare the mesh, turned and then moved onto the prop by its box, from ``views`` azimuths at both elevations."""
    shape, texture = prop_matches(replace(mesh, vertices=turned(mesh.vertices, turn)), prop, views)
    return PropMatch(turn, shape.chamfer_percent, texture.picture_psnr)


def best_turn(mesh: TexturedMesh, prop: Prop) -> float:
    """The one of TURNS with the least chamfer distance."""
    points, target = visible_points(mesh.vertices, mesh.faces), visible_points(prop.vertices, prop.faces)
    distances = []
    for turn in TURNS:
        placed = placement(turned(mesh.vertices, turn), prop.vertices).moved(turned(points, turn))
        distances.append(chamfer(placed, target))
    return TURNS[int(np.argmin(distances))]
