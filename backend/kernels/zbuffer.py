"""Which triangle each pixel sees: a z-buffer over clip-space triangles, for small triangles on a CPU."""

import numpy as np

from .compiled import compiled
from .raster import NEAREST_W, SMALLEST_AREA


def triangle_ids(
    vertices_clip: np.ndarray, faces: np.ndarray, height: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Nearest triangle and its depth at every pixel centre (i + 0.5).

    vertices_clip is f32[V, 4]; faces i32[F, 3] indexes it, both windings are drawn. Row 0 is the top (NDC y = +1).
    Returns ids i32[H, W] (0 = empty, otherwise face index + 1) and depth f32[H, W] = z / w (inf where empty).
    Equal depths go to the lower face index. Raises ValueError for wrong shapes, sizes or indices.
    """
    vertices_clip = np.ascontiguousarray(vertices_clip, dtype=np.float32)
    faces = np.ascontiguousarray(faces, dtype=np.int32)
    if vertices_clip.ndim != 2 or vertices_clip.shape[1] != 4:
        raise ValueError(f"vertices_clip must be [V, 4], got {list(vertices_clip.shape)}")
    if faces.ndim != 2 or faces.shape[1] != 3:
        raise ValueError(f"faces must be [F, 3], got {list(faces.shape)}")
    if height < 1 or width < 1:
        raise ValueError(f"the image must be at least 1 x 1, got {height} x {width}")
    if faces.size and (faces.min() < 0 or faces.max() >= len(vertices_clip)):
        raise ValueError(f"faces must index 0..{len(vertices_clip) - 1}, got {faces.min()}..{faces.max()}")
    ids = np.zeros((height, width), np.int32)
    depth = np.full((height, width), np.inf, np.float64)
    _fill(to_pixels(vertices_clip, height, width), faces, ids, depth)
    return ids, depth.astype(np.float32)


@compiled
def to_pixels(vertices_clip, height, width):
    """Clip space to f64[V, 3]: pixel x, pixel y (downwards) and z / w; NaN marks a vertex at or behind the camera."""
    pixels = np.empty((vertices_clip.shape[0], 3), np.float64)
    for v in range(vertices_clip.shape[0]):
        w = np.float64(vertices_clip[v, 3])
        if w > NEAREST_W:
            pixels[v, 0] = (vertices_clip[v, 0] / w * 0.5 + 0.5) * width
            pixels[v, 1] = (0.5 - vertices_clip[v, 1] / w * 0.5) * height
            pixels[v, 2] = vertices_clip[v, 2] / w
        else:
            pixels[v, :] = np.nan
    return pixels


@compiled
def _fill(pixels, faces, ids, depth):
    """Draw every triangle into ids and depth. float64 edge functions leave no cracks between neighbours."""
    height, width = ids.shape
    for f in range(faces.shape[0]):
        ax, ay, az = pixels[faces[f, 0], 0], pixels[faces[f, 0], 1], pixels[faces[f, 0], 2]
        bx, by, bz = pixels[faces[f, 1], 0], pixels[faces[f, 1], 1], pixels[faces[f, 1], 2]
        cx, cy, cz = pixels[faces[f, 2], 0], pixels[faces[f, 2], 1], pixels[faces[f, 2], 2]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if not abs(area) >= SMALLEST_AREA:  # also true for NaN
            continue
        # Clamp before the cast: a vertex next to the camera plane projects beyond any integer.
        first_x = int(np.ceil(min(max(min(ax, bx, cx) - 0.5, 0.0), float(width))))
        first_y = int(np.ceil(min(max(min(ay, by, cy) - 0.5, 0.0), float(height))))
        last_x = int(np.floor(min(max(max(ax, bx, cx) - 0.5, -1.0), width - 1.0)))
        last_y = int(np.floor(min(max(max(ay, by, cy) - 0.5, -1.0), height - 1.0)))
        inverse = 1.0 / area
        for row in range(first_y, last_y + 1):
            y = row + 0.5
            for column in range(first_x, last_x + 1):
                x = column + 0.5
                u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) * inverse
                v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) * inverse
                t = ((ax - x) * (by - y) - (ay - y) * (bx - x)) * inverse
                if u >= 0.0 and v >= 0.0 and t >= 0.0:
                    z = u * az + v * bz + t * cz
                    if z < depth[row, column]:
                        depth[row, column] = z
                        ids[row, column] = f + 1
