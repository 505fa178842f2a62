"""A mesh in a file (GLB, glTF, OBJ) as a starting point: triangles, texture coordinates, present base colour."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import trimesh
from PIL import Image
from trimesh.visual.material import PBRMaterial, SimpleMaterial
from trimesh.visual.texture import TextureVisuals

from ..shared.mesh import MAX_SOURCE_FACES, MeshError, SourceMesh, TexturedMesh
from .finishing.glb import GLTF_FROM_GENERATOR

FORMATS = (".glb", ".gltf", ".obj")
RADIUS = 0.95
"""Of the ball about its box's middle that a read mesh is scaled into."""

_NEAR_ONE = 1e-5
_NO_UVS = np.zeros((0, 2), np.float32), np.zeros((0, 3), np.int32)


@dataclass(frozen=True)
class FileMesh:
    """source: scaled and centred, Z up, with uvs of length 0 where the file has none that can be used.

    vertices: f32[V, 3], the same ones at the file's own size and place, Z up.  notices: sentences about what was left.
    """

    source: SourceMesh
    vertices: np.ndarray
    notices: tuple[str, ...] = ()

    def finished(self, painted: TexturedMesh) -> TexturedMesh:
        """A finished mesh of ``source`` at the file's own size and place."""
        return replace(painted, vertices=self.vertices)

    def placed(self, mesh: TexturedMesh) -> TexturedMesh:
        """Another mesh that was made where ``source`` is, at the file's own size and place."""
        used = np.unique(self.source.faces)
        here, there = (array[used].astype(np.float64) for array in (self.source.vertices, self.vertices))
        middle_here, middle_there = ((array.min(axis=0) + array.max(axis=0)) / 2 for array in (here, there))
        scale = np.ptp(there, axis=0).max() / np.ptp(here, axis=0).max()
        return replace(mesh, vertices=((mesh.vertices - middle_here) * scale + middle_there).astype(np.float32))


def read_mesh(path: Path) -> FileMesh:
    """Read the file's meshes as one. glTF and OBJ have Y up and the front towards +Z.

    Raises ValueError naming the file for what is no mesh, is empty or too large, or cannot be read.
    """
    parts = _parts(path)
    count = sum(len(part.faces) for part in parts)
    if count > MAX_SOURCE_FACES:
        raise ValueError(f"{path} has {count:,} triangles; at most {MAX_SOURCE_FACES:,} are allowed, so decimate it")
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    # The files' axes are a turn of ours, which changes no bit of a coordinate but its sign and place.
    vertices = np.concatenate([part.vertices for part in parts]).astype(np.float32) @ GLTF_FROM_GENERATOR
    vertices = vertices.astype(np.float32)
    faces = np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=False)]).astype(np.int32)
    uvs, uv_faces, albedo, notices = _surface(parts, starts)
    source = SourceMesh(_scaled(vertices, faces, path), faces, uvs, uv_faces, albedo)
    try:
        source.validate()
    except MeshError as error:
        raise ValueError(f"{path} cannot be used: {error}") from error
    return FileMesh(source, vertices, notices)


def _parts(path: Path) -> list[trimesh.Trimesh]:
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"{path} is no mesh that can be read; allowed are {', '.join(FORMATS)} files")
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    try:
        scene = trimesh.load_scene(path, process=False)
        found = scene.dump()
    # Its readers raise whatever their parsers run into.
    except Exception as error:
        raise ValueError(f"{path} cannot be read as a mesh ({error or type(error).__name__})") from error
    parts = [part for part in found if isinstance(part, trimesh.Trimesh) and len(part.faces)]
    if not parts:
        raise ValueError(f"{path} has no triangle; choose a file with a mesh")
    return parts


def _scaled(vertices: np.ndarray, faces: np.ndarray, path: Path) -> np.ndarray:
    if not np.isfinite(vertices).all():
        raise ValueError(f"{path} has corners at no finite place; repair it first")
    used = vertices[np.unique(faces)].astype(np.float64)
    middle = (used.min(axis=0) + used.max(axis=0)) / 2
    reach = np.linalg.norm(used - middle, axis=1).max()
    if not reach > 0:
        raise ValueError(f"{path} has no extent: all its corners lie on one point")
    scaled = (vertices - middle) * (RADIUS / reach)
    # Corners that no face uses may lie anywhere; in the middle they disturb nothing.
    is_used = np.zeros(len(vertices), bool)
    is_used[faces] = True
    return np.where(is_used[:, None], scaled, 0.0).astype(np.float32)


_Surface = tuple[np.ndarray, np.ndarray, np.ndarray | None, tuple[str, ...]]
"""uvs, uv_faces, albedo, notices."""


def _surface(parts: Sequence[trimesh.Trimesh], starts: np.ndarray) -> _Surface:
    """Texture coordinates and base colour, where all parts share one texture; else none of either."""
    textures = [part.visual for part in parts if isinstance(part.visual, TextureVisuals) and part.visual.uv is not None]
    if len(textures) < len(parts):
        return *_NO_UVS, None, ("The mesh has no texture coordinates, so new ones are made.",)
    images = {id(image): image for image in (_image(visual) for visual in textures) if image is not None}
    colours = {_factor(visual) for visual in textures}
    if len(images) > 1 or len(colours) > 1:
        kept = (
            "The mesh has several materials with colours of their own, so it gets texture coordinates for all at once"
        )
        return *_NO_UVS, None, (f"{kept}; their colours are not kept.",)
    uvs = np.concatenate([np.asarray(visual.uv, np.float64) for visual in textures])
    faces = np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=False)])
    inside = _in_first_tile(uvs, faces)
    if inside is None:
        return *_NO_UVS, None, ("The texture is repeated over the mesh, so new texture coordinates are made.",)
    image = next(iter(images.values()), None)
    factor = next(iter(colours))
    if image is None and factor == (1.0, 1.0, 1.0):
        return *inside, None, ()
    return *inside, _tinted(image, factor), ()


def _in_first_tile(uvs: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The coordinates in [0, 1] where no face crosses from one tile into another, else None."""
    if uvs.min() >= 0 and uvs.max() <= 1:
        return uvs.astype(np.float32), faces.astype(np.int32)
    corners = uvs[faces]
    corners = corners - np.floor(corners.min(axis=1, keepdims=True) + _NEAR_ONE)
    if corners.min() < -2 * _NEAR_ONE or corners.max() > 1 + 2 * _NEAR_ONE:
        return None
    return corners.reshape(-1, 2).clip(0, 1).astype(np.float32), np.arange(3 * len(faces), dtype=np.int32).reshape(
        -1, 3
    )


def _image(visual: TextureVisuals) -> Image.Image | None:
    material = visual.material
    if isinstance(material, PBRMaterial):
        return material.baseColorTexture
    return material.image if isinstance(material, SimpleMaterial) else None


def _factor(visual: TextureVisuals) -> tuple[float, ...]:
    """What multiplies the texture, linear; OBJ files have none beside a texture."""
    material = visual.material
    if isinstance(material, PBRMaterial) and material.baseColorFactor is not None:
        factor = np.asarray(material.baseColorFactor, np.float64)[:3]
        # trimesh keeps it as bytes.
        return tuple(float(value) for value in factor / (255 if factor.max() > 1 else 1))
    return (1.0, 1.0, 1.0)


def _tinted(image: Image.Image | None, factor: tuple[float, ...]) -> np.ndarray:
    """u8[H, W, 3], sRGB: the texture times the factor, which is linear."""
    pixels = np.full((16, 16, 3), 255, np.uint8) if image is None else np.asarray(image.convert("RGB"))
    if factor == (1.0, 1.0, 1.0):
        return pixels
    encoded = np.arange(256) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    scaled = linear[pixels] * np.array(factor)
    shown = np.where(scaled <= 0.0031308, 12.92 * scaled, 1.055 * scaled ** (1 / 2.4) - 0.055)
    return (shown * 255 + 0.5).clip(0, 255).astype(np.uint8)
