"""From where a picture shows its object, out of where the artist looks from. No Blender in here."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...shared.messages import SeenFrom

_TOO_CLOSE = 1e-6

HIGHEST_ELEVATION = 90.0


def angle_of(direction: Sequence[float]) -> SeenFrom:
    """The angles of an eye that is in this direction, x, y, z in the object's own axes; see shared/conventions.py.

    Raises ValueError for no direction at all.

    >>> angle_of((0, -2, 0)), angle_of((3, 0, 0))
    (SeenFrom(elevation=0.0, azimuth=0.0), SeenFrom(elevation=0.0, azimuth=90.0))
    >>> angle_of((0, -1, 1)).elevation, angle_of((-1, -1, 0)).azimuth
    (45.0, 315.0)
    """
    x, y, z = direction
    distance = math.sqrt(x * x + y * y + z * z)
    if distance < _TOO_CLOSE:
        raise ValueError("The view stands inside the object's place. Move away from it, or choose another angle.")
    elevation = math.degrees(math.asin(min(max(z / distance, -1.0), 1.0)))
    # From straight above there is no azimuth; the front is as good as any.
    azimuth = math.degrees(math.atan2(x, -y)) % 360.0 if math.hypot(x, y) > _TOO_CLOSE * distance else 0.0
    return SeenFrom(round(elevation, 3), round(azimuth, 3) % 360.0)


def given_angle(text: str) -> SeenFrom:
    """The angle that was written, "elevation azimuth" in degrees. Raises ValueError, saying what is allowed.

    >>> given_angle("15 -90")
    SeenFrom(elevation=15.0, azimuth=270.0)
    """
    try:
        elevation, azimuth = (float(part) for part in text.replace(",", " ").split())
    except ValueError as error:
        raise ValueError(f"'{text}' is no angle. Give elevation and azimuth in degrees, as in: 15 90") from error
    if not (abs(elevation) <= HIGHEST_ELEVATION and math.isfinite(azimuth)):
        raise ValueError(f"An elevation of {elevation:g} is out of range; -90 to 90 is allowed.")
    return SeenFrom(elevation, azimuth % 360.0)
