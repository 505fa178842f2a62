"""Write a finished object as a GLB that any glTF reader opens upright, facing the viewer, in metres."""

from pathlib import Path

import numpy as np
import trimesh
from PIL import Image
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

from ...shared.mesh import TexturedMesh

ROUGHNESS = 0.7

GLTF_FROM_GENERATOR = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Z up to Y up; a front towards -Y becomes a front towards +Z. A rotation, so the winding stays."""


def write_glb(
    mesh: TexturedMesh, path: Path, height_metres: float | None = None, metal_and_roughness: np.ndarray | None = None
) -> None:
    """Write ``mesh`` to ``path`` with its texture as a PNG base colour on a rough dielectric.

    metal_and_roughness: u8[H, W, 3] with glTF's roughness in green and metalness in blue, in the texture's place,
    for a surface that is not such a dielectric everywhere.

    With ``height_metres`` the object is scaled to that height and its origin is the middle of its base; without, it
    stays in generator units about the generator's origin. Vertices are split at UV seams; normals are smooth across.
    Raises MeshError for an invalid mesh and ValueError for a height that is not positive or a mesh without height.
    """
    mesh.validate()
    placed = mesh.vertices if height_metres is None else standing(mesh.vertices, height_metres)
    corners, split_faces = np.unique(
        np.stack([mesh.faces.ravel(), mesh.uv_faces.ravel()], axis=1), axis=0, return_inverse=True
    )
    finish = None if metal_and_roughness is None else Image.fromarray(metal_and_roughness)
    material = PBRMaterial(
        name="any_to_3d",
        baseColorTexture=Image.fromarray(mesh.albedo),
        metallicFactor=1.0 if finish else 0.0,
        roughnessFactor=1.0 if finish else ROUGHNESS,
        metallicRoughnessTexture=finish,
    )
    model = trimesh.Trimesh(
        vertices=placed[corners[:, 0]] @ GLTF_FROM_GENERATOR.T,
        faces=split_faces.reshape(-1, 3),
        vertex_normals=_smooth_normals(mesh.vertices, mesh.faces)[corners[:, 0]] @ GLTF_FROM_GENERATOR.T,
        visual=TextureVisuals(uv=mesh.uvs[corners[:, 1]], material=material),
        process=False,
    )
    scene = trimesh.Scene()
    scene.add_geometry(model, node_name="any_to_3d", geom_name="any_to_3d")
    path.write_bytes(scene.export(file_type="glb", include_normals=True))


def standing(vertices: np.ndarray, height_metres: float) -> np.ndarray:
    """Vertices f64[V, 3] scaled to ``height_metres`` along Z, with the origin at the middle of the base."""
    low, high = vertices.min(axis=0).astype(np.float64), vertices.max(axis=0).astype(np.float64)
    if not height_metres > 0:
        raise ValueError(f"height: got {height_metres} m; need more than 0")
    if not high[2] > low[2]:
        raise ValueError("the mesh has no height to scale: all its vertices lie on one level")
    base = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    return (vertices - base) * (height_metres / (high[2] - low[2]))


def _smooth_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit vertex normals f64[V, 3], each face weighted by its area."""
    a, b, c = vertices.astype(np.float64)[faces].transpose(1, 0, 2)
    facing = np.cross(b - a, c - a)
    total = np.zeros((len(vertices), 3))
    for corner in range(3):
        np.add.at(total, faces[:, corner], facing)
    length = np.linalg.norm(total, axis=1, keepdims=True)
    # A vertex on a knife edge between opposite faces has no direction; any unit vector is as good.
    return np.where(length > 1e-20, total / np.maximum(length, 1e-20), [0.0, 0.0, 1.0])
