"""How near a generated shape is to the prop of its prompt, and whether it is a sound mesh."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ....shared.mesh import TexturedMesh
from ...finishing.mesh_repair import component_of_faces, face_areas, is_closed, signed_volumes
from ...props.build import Prop
from ...props.render import PropView
from .orbit import ObjectView, visible_points
from .psnr import psnr

_EDGE = 0.45  # one half is what two of four samples give, exactly or rounded to 8 bits


@dataclass(frozen=True)
class Soundness:
    """What a modeller checks first."""

    vertices: int
    faces: int
    components: int
    is_watertight: bool
    is_outward: bool
    degenerate_faces: int


@dataclass(frozen=True)
class ShapeMatch:
    """Distance to the reference shape after alignment.

    chamfer_percent: mean distance to the nearest visible point, both ways, in percent of the reference's box diagonal.
    silhouette_iou: mean over views.  normal_psnr: of world normals where both are covered, dB.
    normal_sharpness: mean difference of neighbouring normals over the reference's; 1 is as crisp, more is rougher.
    """

    chamfer_percent: float
    silhouette_iou: float
    normal_psnr: float
    normal_sharpness: float


def soundness(mesh: TexturedMesh) -> Soundness:
    """Counts and checks of a mesh as delivered."""
    return Soundness(
        vertices=len(mesh.vertices),
        faces=len(mesh.faces),
        components=int(component_of_faces(mesh.faces, len(mesh.vertices)).max()) + 1,
        is_watertight=is_closed(mesh.faces),
        is_outward=bool(signed_volumes(mesh.vertices, mesh.faces).sum() > 0),
        degenerate_faces=int((face_areas(mesh.vertices, mesh.faces) == 0).sum()),
    )


def shape_match(
    aligned: TexturedMesh, views: Sequence[ObjectView], prop: Prop, prop_views: Sequence[PropView]
) -> ShapeMatch:
    """Compare a mesh (alignment.moved_onto) and its views with a prop and its views from the same cameras."""
    pairs = list(zip(views, prop_views, strict=True))
    diagonal = float(np.linalg.norm(np.ptp(prop.vertices, axis=0)))
    ours, theirs = visible_points(aligned.vertices, aligned.faces), visible_points(prop.vertices, prop.faces)
    return ShapeMatch(
        chamfer_percent=100 * chamfer(ours, theirs) / diagonal,
        silhouette_iou=float(np.mean([silhouette_iou(a.alpha, b.alpha / 255) for a, b in pairs])),
        normal_psnr=float(np.mean([normal_psnr(a, b) for a, b in pairs])),
        normal_sharpness=float(
            np.mean([sharpness(a.normal, a.alpha) for a, _ in pairs])
            / np.mean([sharpness(b.normal / 255, b.alpha / 255) for _, b in pairs])
        ),
    )


def chamfer(points: np.ndarray, others: np.ndarray) -> float:
    """Mean of both directions' mean distance to the nearest point, in the points' units."""
    there, back = cKDTree(others).query(points)[0], cKDTree(points).query(others)[0]
    return float((there.mean() + back.mean()) / 2)


def silhouette_iou(alpha: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two masks in [0, 1], cut near one half; two empty masks agree."""
    a, b = alpha > _EDGE, other > _EDGE
    union = np.logical_or(a, b).sum()
    return float(np.logical_and(a, b).sum() / union) if union else 1.0


def normal_psnr(view: ObjectView, prop_view: PropView) -> float:
    """PSNR in dB of (n + 1) / 2 over the pixels both views fully cover; 0 where they share none."""
    shared = (view.alpha > 0.99) & (prop_view.alpha > 252)
    if not shared.any():
        return 0.0
    return psnr(view.normal[shared], prop_view.normal[shared] / 255)


def sharpness(normal: np.ndarray, alpha: np.ndarray) -> float:
    """Mean absolute difference of horizontally and vertically neighbouring normals inside the silhouette."""
    inside = alpha > 0.99
    total, count = 0.0, 0
    for axis in (0, 1):
        pairs = np.logical_and(inside.take(range(1, len(inside)), axis), inside.take(range(len(inside) - 1), axis))
        total += float(np.abs(np.diff(normal, axis=axis))[pairs].sum())
        count += int(pairs.sum()) * normal.shape[-1]
    return total / max(count, 1)
