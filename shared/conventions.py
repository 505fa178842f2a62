"""Axes, units, angles and colour, stated once and imported by both sides.

Space     right-handed, Z up, the object inside radius 1 at the origin. A camera looks down its own -Z with +Y up
          (Blender's and OpenGL's), so a mesh crosses the wire unchanged.
Angles    radians inside, degrees in the user interface. Azimuth 0 sees the object's front and stands on -Y;
          it grows counter-clockwise seen from above (+X is azimuth 90 degrees). Elevation grows upwards.
Images    rows run from the top. Floats are in [0, 1], sRGB as displayed; no gamma is applied anywhere.
Normals   unit length, world space; (n + 1) / 2 only when shown to a network.
UVs       origin at the bottom left, in [0, 1]; an albedo image's first row is the top (v = 1).
Lengths   world units in the generator; metres in Blender. A finished object is scaled to the artist's height.
"""

import math

import numpy as np

OBJECT_RADIUS = 1.0
"""Every generated object fits in the sphere of this radius, in generator units."""


def camera_position(distance: float, elevation: float, azimuth: float) -> np.ndarray:
    """Where a camera stands, float64[3], in world units; angles in radians.

    >>> camera_position(2.0, 0.0, 0.0).round(6).tolist()
    [0.0, -2.0, 0.0]
    >>> camera_position(2.0, 0.0, math.pi / 2).round(6).tolist()
    [2.0, -0.0, 0.0]
    """
    return distance * np.array(
        [
            math.cos(elevation) * math.sin(azimuth),
            -math.cos(elevation) * math.cos(azimuth),
            math.sin(elevation),
        ]
    )
