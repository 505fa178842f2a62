"""Two objects in one frame, so that position and size do not count as shape."""

import numpy as np


def moved_onto(vertices: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """``vertices`` f32[V, 3] moved and uniformly scaled so that box centre and box diagonal equal ``reference``'s.

    Rotation is not touched: facing the wrong way is an error of the object. Raises ValueError for a mesh of one point.
    """
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    reference_low, reference_high = reference.min(axis=0), reference.max(axis=0)
    diagonal = np.linalg.norm(high - low)
    if not diagonal > 0:
        raise ValueError("the mesh is a single point, so it has no size to align")
    scale = np.linalg.norm(reference_high - reference_low) / diagonal
    return ((vertices - (low + high) / 2) * scale + (reference_low + reference_high) / 2).astype(np.float32)
