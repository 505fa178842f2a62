"""What colour a point of a prop has: patterns and materials are textures in space, highlights are fixed to the world.

Everything is a function of the point, its face and the prop, never of the camera. So pictures from two sides show one
and the same object, a texture can be baked from it, and a prior learns surfaces that a field without view dependence
can hold. The price is that highlights do not wander with the viewer.
"""

from dataclasses import dataclass

import numpy as np

from .materials import MATERIALS, PATTERNS
from .palette import Rgb

# From the front left, above. The light stays with the world, so shading tells one azimuth from another.
LIGHT = np.array([-0.30, -0.55, 0.78]) / np.linalg.norm([-0.30, -0.55, 0.78])
_DARKEST = 0.58

_STRIPE_PERIOD = 0.36
_LIGHT_SHARE = 0.42
_CHECK_PERIOD = 0.27
_DOT_PERIOD = 0.30
_DOT_RADIUS = 0.095

_SHARP = np.cos(np.radians(40.0))
# Coordinates are shifted by this before they are cut into cells: faces at round numbers must not lie on a border.
_OFFSET = np.array([0.0371, 0.0593, 0.0117])


@dataclass(frozen=True)
class Surface:
    """A prop's paint.

    colours: float32[F, 3], sRGB.   materials: int8[F] into MATERIALS.   patterns: int8[F] into PATTERNS.
    normals: float64[F, 3].   axes: int8[F, 3], x, y and z by falling extent of the face's part: grain runs along the
    first.   sharp: bool[F, 3], whether the edge from corner i to i + 1 is one.   tint: what patterns paint over with.
    stripe_direction: unit vector across the stripes.   phase: shifts the patterns, in [0, STRIPE_PERIOD).
    """

    colours: np.ndarray
    materials: np.ndarray
    patterns: np.ndarray
    normals: np.ndarray
    axes: np.ndarray
    sharp: np.ndarray
    tint: Rgb
    stripe_direction: np.ndarray
    phase: float

    @property
    def is_textured(self) -> np.ndarray:
        """bool[F]: whether the face has more than one colour."""
        return (self.materials > 0) | (self.patterns > 0)


def stripe_phase(share: float) -> float:
    """The phase at this share of the stripes' period."""
    return share * _STRIPE_PERIOD


def soft_light(normals: np.ndarray) -> np.ndarray:
    """Brightness [N] in [0.58, 1] of normals [N, 3]: a wrapped Lambert term, so colours stay readable all around."""
    return _DARKEST + (1.0 - _DARKEST) * (0.5 + 0.5 * normals @ LIGHT).clip(0.0) ** 1.5


def face_normals(triangles: np.ndarray) -> np.ndarray:
    """Unit normals float[F, 3] of triangles [F, 3, 3]; zero for one without area."""
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)


def sharp_edges(faces: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """bool[F, 3]: whether the closed surface bends by more than 40 degrees at the edge from corner i to i + 1."""
    edges = np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2)
    # Sorted by their ends, the two uses of an edge become neighbours.
    order = np.lexsort((edges.max(axis=1), edges.min(axis=1)))
    one, other = order[0::2], order[1::2]
    is_sharp = np.zeros(len(edges), bool)
    bends = np.einsum("ex,ex->e", normals[one // 3], normals[other // 3]) < _SHARP
    is_sharp[one], is_sharp[other] = bends, bends
    return is_sharp.reshape(-1, 3)


def albedo(surface: Surface, triangles: np.ndarray, points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unlit sRGB float[N, 3] in [0, 1] of surface points [N, 3] on faces int[N] of triangles [F, 3, 3]."""
    colours = surface.colours[faces].astype(np.float64)
    light = _is_light(surface, points, faces)
    colours[light] = surface.tint
    for number, name in enumerate(MATERIALS):
        chosen = surface.materials[faces] == number
        if name in _TEXTURES and chosen.any():
            here = faces[chosen]
            point = _Points(
                points[chosen], surface.normals[here], surface.axes[here], surface.sharp[here], triangles[here]
            )
            colours[chosen] = _TEXTURES[name](colours[chosen], point)
    return colours.clip(0.0, 1.0)


def lit(surface: Surface, albedo: np.ndarray, points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """The displayed sRGB float[N, 3] of points of this albedo: soft light, and gloss where the material has it."""
    normals = surface.normals[faces]
    shown = albedo * soft_light(normals)[:, None]
    for number, name in enumerate(MATERIALS):
        chosen = surface.materials[faces] == number
        if name in _GLOSSES and chosen.any():
            shown[chosen] = _GLOSSES[name](albedo[chosen], points[chosen], normals[chosen])
    return shown.clip(0.0, 1.0)


@dataclass(frozen=True)
class _Points:
    """Surface points with what a texture needs to know of their faces; one row a point."""

    positions: np.ndarray
    normals: np.ndarray
    axes: np.ndarray
    sharp: np.ndarray
    triangles: np.ndarray

    def along_axes(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions and normals in the order of the part's axes, longest first."""
        rows = np.arange(len(self.axes))[:, None]
        return (self.positions + _OFFSET)[rows, self.axes], np.abs(self.normals)[rows, self.axes]

    def across_face(self) -> tuple[np.ndarray, np.ndarray]:
        """Two coordinates in the axis plane that the face is nearest to; the second is the height if it can be."""
        return _across(self.positions, self.normals)

    def edge_nearness(self, width: float) -> np.ndarray:
        """1 at a sharp edge of the point's own face, 0 from `width` on."""
        nearest = np.full(len(self.positions), np.inf)
        for i in range(3):
            start, end = self.triangles[:, i], self.triangles[:, (i + 1) % 3]
            away = np.linalg.norm(np.cross(self.positions - start, end - start), axis=1)
            away /= np.maximum(np.linalg.norm(end - start, axis=1), 1e-9)
            nearest = np.where(self.sharp[:, i], np.minimum(nearest, away), nearest)
        return (1.0 - nearest / width).clip(0.0, 1.0)


def _across(positions: np.ndarray, normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    shifted, main = positions + _OFFSET, np.abs(normals).argmax(axis=1)
    return np.where(main == 0, shifted[:, 1], shifted[:, 0]), np.where(main == 2, shifted[:, 1], shifted[:, 2])


def _is_light(surface: Surface, points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """bool[N]: where a pattern replaces the main colour by the tint."""
    kind = surface.patterns[faces]
    light = np.zeros(len(points), bool)
    here = kind == PATTERNS.index("striped")
    along = points[here] @ surface.stripe_direction - surface.phase
    light[here] = np.mod(along, _STRIPE_PERIOD) < _LIGHT_SHARE * _STRIPE_PERIOD
    here = kind == PATTERNS.index("checked")
    cells = np.floor((points[here] + _OFFSET + surface.phase) / _CHECK_PERIOD).astype(int)
    light[here] = cells.sum(axis=1) % 2 == 0
    here = kind == PATTERNS.index("dotted")
    u, v = _across(points[here], surface.normals[faces[here]])
    row = np.floor((v + surface.phase) / _DOT_PERIOD)
    u = np.mod(u + 0.5 * _DOT_PERIOD * np.mod(row, 2), _DOT_PERIOD) - 0.5 * _DOT_PERIOD
    v = np.mod(v + surface.phase, _DOT_PERIOD) - 0.5 * _DOT_PERIOD
    light[here] = np.hypot(u, v) < _DOT_RADIUS
    return light


def _hashed(*cells: np.ndarray) -> np.ndarray:
    """A number in [0, 1) that looks random but is always the same for the same integers."""
    total = sum(cell * factor for cell, factor in zip(cells, (12.9898, 78.233, 37.719), strict=False))
    return np.mod(np.sin(total) * 43758.5453, 1.0)


def _toned(colours: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """Brightened or darkened; a little is added as well, so that it shows on black."""
    return colours * tone[:, None] + 0.16 * (tone[:, None] - 1.0)


def _mixed(colours: np.ndarray, other: Rgb, share: np.ndarray | float) -> np.ndarray:
    share = np.broadcast_to(share, len(colours))[:, None]
    return (1.0 - share) * colours + share * np.array(other)


def _wood(colours: np.ndarray, at: _Points) -> np.ndarray:
    """Boards of varied tone along the part's length, with dark joints and fine grain."""
    (along, across, deep), (_, across_normal, deep_normal) = (a.T for a in at.along_axes())
    board = 0.16
    tone = 0.82 + 0.36 * _hashed(np.floor(across / board), np.floor(deep / board))
    grain = np.sin(70.0 * across + 50.0 * deep + 2.5 * np.sin(6.0 * along))
    joint = np.zeros(len(along), bool)
    for coordinate, facing in ((across, across_normal), (deep, deep_normal)):
        joint |= (np.mod(coordinate, board) < 0.022) & (facing < 0.7)
    return _toned(_mixed(colours, (0.60, 0.40, 0.22), 0.13), np.where(joint, 0.62, tone + 0.06 * grain))


def _stone(colours: np.ndarray, at: _Points) -> np.ndarray:
    """Staggered blocks of varied tone in pale or dark mortar, speckled."""
    u, v = at.across_face()
    tall, long = 0.19, 0.33
    course = np.floor(v / tall)
    u = u + 0.5 * long * np.mod(course, 2)
    tone = 0.84 + 0.36 * _hashed(course, np.floor(u / long))
    speckle = _hashed(*np.floor((at.positions + _OFFSET) / 0.036).T) - 0.5
    stone = _toned(_mixed(colours, (0.64, 0.63, 0.60), 0.18), tone + 0.22 * speckle)
    is_mortar = (np.mod(v, tall) < 0.03) | (np.mod(u, long) < 0.03)
    is_dark = stone.mean(axis=1) < 0.32
    mortar = np.where(is_dark[:, None], 0.52, 0.36 * np.ones(3))
    return np.where(is_mortar[:, None], 0.4 * stone + 0.6 * mortar, stone)


def _cloth(colours: np.ndarray, at: _Points) -> np.ndarray:
    """A weave of crossing bands in three tones, over soft folds."""
    u, v = at.across_face()
    thread = 0.085
    bands = np.mod(np.floor(u / thread), 2) + np.mod(np.floor(v / thread), 2)
    x, y, z = at.positions.T
    folds = np.sin(7.0 * (x + y) + 2.0 * np.sin(4.0 * z))
    return _toned(colours, 1.06 - 0.17 * bands + 0.07 * folds)


def _metal(colours: np.ndarray, at: _Points) -> np.ndarray:
    """A little steel in the colour, and worn, dark edges."""
    return _toned(_mixed(colours, (0.66, 0.68, 0.70), 0.12), 1.0 - 0.45 * at.edge_nearness(0.045))


def _glass(colours: np.ndarray, at: _Points) -> np.ndarray:
    """Pale, as if light came through, and white along its edges."""
    pale = _mixed(colours, (0.86, 0.95, 1.0), 0.24)
    return _mixed(pale, (1.0, 1.0, 1.0), 0.8 * at.edge_nearness(0.035))


_TEXTURES = {"wood": _wood, "stone": _stone, "metal": _metal, "cloth": _cloth, "glass": _glass}


def _metal_gloss(colours: np.ndarray, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """A mirror of the world's own sky and ground: a bright band above a dark horizon, and a broad highlight."""
    mirrored = _bulging(points, normals, 0.8)
    up = mirrored[:, 2]
    sky = np.where(up > 0.0, 0.84 + 0.2 * up, 0.8 + 0.15 * up)
    horizon = np.exp(-(((up + 0.10) / 0.14) ** 2))
    reflected = colours * (sky * soft_light(mirrored) / 0.8 - 0.28 * horizon)[:, None]
    band = 0.6 * np.exp(-(((up - 0.20) / 0.08) ** 2))
    return _mixed(reflected, (1.0, 1.0, 1.0), np.maximum(band, 0.9 * (mirrored @ LIGHT).clip(0.0) ** 14.0))


def _plastic_gloss(colours: np.ndarray, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """The plain colour, fuller, under small hard highlights of lamps all around."""
    mirrored = _bulging(points, normals, 0.6)
    full = colours.mean(axis=1, keepdims=True) + 1.15 * (colours - colours.mean(axis=1, keepdims=True))
    body = full * (0.9 * soft_light(mirrored) + 0.08)[:, None]
    return _mixed(body, (1.0, 1.0, 1.0), _lamps(mirrored))


def _glass_gloss(colours: np.ndarray, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Nearly unshaded, with tall streaks of mirrored windows."""
    mirrored = _bulging(points, normals, 0.9)
    body = colours * (0.35 + 0.65 * soft_light(mirrored))[:, None]
    turn = np.arctan2(mirrored[:, 1], mirrored[:, 0])
    streak = ((np.cos(4.0 * turn + 0.6) - 0.82) / 0.18).clip(0.0) * (1.0 - mirrored[:, 2] ** 2)
    return _mixed(body, (1.0, 1.0, 1.0), np.maximum(0.8 * streak, 0.9 * (mirrored @ LIGHT).clip(0.0) ** 40.0))


def _bulging(points: np.ndarray, normals: np.ndarray, share: float) -> np.ndarray:
    """Normals as if every face bulged a little: else a flat one would be all highlight or none."""
    bulging = normals + share * points
    return bulging / np.linalg.norm(bulging, axis=1, keepdims=True)


def _lamp_ring(first_azimuth: float, rise: float) -> np.ndarray:
    """Directions [4, 3] to four lamps around, the first at this azimuth in degrees, all rising by this slope."""
    azimuths = np.radians(np.arange(4) * 90.0 + first_azimuth)
    return np.column_stack([np.cos(azimuths), np.sin(azimuths), np.full(4, rise)]) / np.hypot(1.0, rise)


# Low for walls, high for slopes, and one for what lies flat.
_LAMPS = np.concatenate([_lamp_ring(10.0, 0.18), _lamp_ring(-6.0, 0.85), LIGHT[None], [[0.1, -0.14, 0.985]]])


def _lamps(mirrored: np.ndarray) -> np.ndarray:
    """How much of the lamps' highlights shows, [N] in [0, 0.95]."""
    nearest = (mirrored @ _LAMPS.T).max(axis=1).clip(0.0)
    return (1.5 * nearest**150.0).clip(0.0, 0.95)


_GLOSSES = {"metal": _metal_gloss, "plastic": _plastic_gloss, "glass": _glass_gloss}
