"""C5: which triangle each pixel sees, for a mesh whose topology is new each time, against two ray casters.

Warp and mitsuba build a hierarchy over the triangles and query a ray for each pixel centre; our z-buffer draws them.
"""

import numpy as np
from any_to_3d.backend.kernels.zbuffer import triangle_ids

from . import ray_casters
from .peers import LeftOut, Peers
from .shapes import ball, seen
from .timing import Report, Size, Step, ratio_verdicts, take_turns


def run(size: Size, peers: Peers, rounds: int) -> Report:
    """Full: 150 thousand triangles at 512 x 512."""
    vertices, faces = ball(104 if size == "full" else 12)
    pixels = 512 if size == "full" else 32
    mesh, clip = (vertices.numpy(), faces.int().numpy()), seen(vertices).numpy()
    variants: dict[str, Step] = {"numba": lambda: triangle_ids(clip, mesh[1], pixels, pixels)[0]}
    left_out = []
    for name, caster in ray_casters.CASTERS.items():
        try:
            variants[name] = caster(peers, *mesh, pixels)
        except LeftOut as reason:
            left_out.append(str(reason))
    seen_by = {name: np.asarray(step()) for name, step in variants.items()}
    facts: dict[str, object] = {"faces": len(faces), "pixels": pixels**2}
    facts["covered"] = round(float((seen_by["numba"] > 0).mean()), 3)
    facts["different_pixels"] = {
        name: int((ids.reshape(pixels, pixels) != seen_by["numba"]).sum())
        for name, ids in seen_by.items()
        if name != "numba"
    }
    times = take_turns(variants, rounds)
    verdicts = ratio_verdicts(times, "numba", dict.fromkeys(ray_casters.CASTERS, 8.0))
    return Report("triangle of every pixel, new topology each time", times, verdicts, facts, tuple(left_out))
