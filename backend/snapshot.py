"""From the generator's scene to meshes for people: a live snapshot on the way, a textured object at the end."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ..shared.mesh import MeshSnapshot, TexturedMesh
from .finishing.bake import bake
from .finishing.mesh_repair import (
    is_closed,
    outward,
    signed_volumes,
    simplified,
    simplified_closed,
    without_degenerate_faces,
    without_floaters,
)
from .finishing.smooth import smoothed
from .finishing.unwrap import Atlas, unwrap

log = logging.getLogger(__name__)

ALBEDO_CHUNK = 65536
"""Points asked of the scene at a time, to bound memory."""

Field = Callable[[np.ndarray], np.ndarray]
"""Points f32[P, 3] -> colours f32[P, 3] in [0, 1]."""

_EXTRACTED, _SIMPLIFIED, _UNWRAPPED = 0.05, 0.15, 0.5


class Surface(Protocol):
    """A triangle mesh: vertices in generator units, faces counter-clockwise from outside."""

    @property
    def vertices(self) -> Float[Tensor, "V 3"]: ...
    @property
    def faces(self) -> Int[Tensor, "F 3"]: ...


class Scene(Protocol):
    """What this module needs of a scene, whichever representation stands behind it."""

    def extract(self) -> Surface: ...
    def albedo(self, points: Float[Tensor, "P 3"]) -> Float[Tensor, "P 3"]:
        """Colours in [0, 1] at points in generator units."""
        ...


class NamedPhase(Protocol):
    @property
    def name(self) -> str: ...


class Step(Protocol):
    """The part of a generator's step that a snapshot shows."""

    @property
    def phase(self) -> NamedPhase: ...
    @property
    def index(self) -> int: ...
    @property
    def scene(self) -> Scene: ...


class EmptySurfaceError(ValueError):
    """The scene holds no surface, so there is nothing to show or to finish."""


class SnapshotTaker:
    """Takes the snapshots of one job and knows when the topology changed.

    It keeps the last simplified surface, because a scene whose geometry is frozen changes its colours only.
    """

    def __init__(self, job_id: str) -> None:
        self._job_id = job_id
        self._topology = 0
        self._faces_digest = b""
        self._surface_digest = b""
        self._surface: tuple[np.ndarray, np.ndarray] | None = None

    def take(self, step: Step, sequence: int, max_faces: int) -> MeshSnapshot:
        """The scene as a mesh of at most ``max_faces`` with vertex colours, floaters removed.

        Raises EmptySurfaceError while the scene has no surface yet.
        """
        vertices, faces, field = _extracted(step.scene)
        vertices, faces = self._displayed(vertices, faces, max_faces)
        digest = hashlib.blake2b(faces.tobytes()).digest()
        if digest != self._faces_digest:
            self._faces_digest = digest
            self._topology += 1
        return MeshSnapshot(
            job_id=self._job_id,
            sequence=sequence,
            phase=step.phase.name,
            step=step.index,
            topology=self._topology,
            vertices=vertices,
            faces=faces,
            colors=_vertex_colours(field, vertices),
        )

    def _displayed(self, vertices: np.ndarray, faces: np.ndarray, max_faces: int) -> tuple[np.ndarray, np.ndarray]:
        digest = hashlib.blake2b(b"%d;" % max_faces + vertices.tobytes() + faces.tobytes()).digest()
        if self._surface is None or digest != self._surface_digest:
            self._surface = simplified(*without_floaters(vertices, faces), max_faces)
            self._surface_digest = digest
        return self._surface


def textured(scene: Scene, texture_size: int, max_faces: int, smoothing: int = 0) -> Iterator[float | TexturedMesh]:
    """Finish an object: a watertight, unwrapped mesh with a baked albedo. Yields fractions, and last the TexturedMesh.

    Between two yields lies well under two seconds of work, so a caller that stops pulling has cancelled. The mesh is
    closed (every edge twice) and wound outwards, with at most ``max_faces`` faces and none degenerate; where one of the
    last two would open the surface, closed wins and the log says so. texture_size is in pixels a side; smoothing is
    in rounds of finishing.smooth.
    Raises EmptySurfaceError for a scene without a surface and ValueError for one that cannot be closed.
    """
    vertices, faces, field = _extracted(scene)
    yield _EXTRACTED
    vertices, faces = _finished_surface(vertices, faces, max_faces, smoothing)
    yield _SIMPLIFIED
    atlas: Atlas | None = None
    for part in unwrap(vertices, faces, texture_size):
        if isinstance(part, Atlas):
            atlas = part
        else:
            yield _SIMPLIFIED + (_UNWRAPPED - _SIMPLIFIED) * part
    assert atlas is not None
    albedo: np.ndarray | None = None
    for done in bake(vertices, faces, atlas, field, texture_size):
        if isinstance(done, np.ndarray):
            albedo = done
        else:
            yield _UNWRAPPED + (1 - _UNWRAPPED) * done
    assert albedo is not None
    mesh = TexturedMesh(vertices, faces, atlas.uvs, atlas.uv_faces, albedo)
    mesh.validate()
    yield mesh


def finished(scene: Scene, texture_size: int, max_faces: int) -> TexturedMesh:
    """``textured`` for callers with nothing to do meanwhile."""
    for part in textured(scene, texture_size, max_faces):
        if isinstance(part, TexturedMesh):
            return part
    raise AssertionError("textured always ends with its mesh")


def _finished_surface(
    vertices: np.ndarray, faces: np.ndarray, max_faces: int, smoothing: int
) -> tuple[np.ndarray, np.ndarray]:
    vertices, faces = without_floaters(vertices, faces)
    vertices, faces = without_degenerate_faces(*outward(vertices, faces))
    if not is_closed(faces):
        raise ValueError(
            f"the extracted surface of {len(faces)} faces is not closed; every edge must bound exactly two faces. "
            "This is a defect of the representation's extract(), not of the prompt"
        )
    vertices, faces = simplified_closed(vertices, faces, max_faces)
    vertices, faces = without_degenerate_faces(smoothed(vertices, faces, smoothing), faces)
    assert is_closed(faces)
    assert signed_volumes(vertices, faces).sum() > 0
    log.info("surface=closed vertices=%d faces=%d", len(vertices), len(faces))
    return vertices, faces


def _extracted(scene: Scene) -> tuple[np.ndarray, np.ndarray, Field]:
    """The scene's surface in numpy, and its colours as a function of points in numpy."""
    with torch.no_grad():
        surface = scene.extract()
    vertices = surface.vertices.detach().to("cpu", torch.float32).numpy()
    faces = surface.faces.detach().to("cpu", torch.int32).numpy()
    if not len(faces):
        raise EmptySurfaceError("the scene has no surface: nothing in it is denser than the extraction threshold")
    if not np.isfinite(vertices).all():
        raise ValueError(f"{int((~np.isfinite(vertices)).any(axis=1).sum())} extracted vertices are NaN or infinite")
    device = surface.vertices.device

    def field(points: np.ndarray) -> np.ndarray:
        chunks = torch.from_numpy(np.ascontiguousarray(points, np.float32)).split(ALBEDO_CHUNK)
        with torch.no_grad():
            return torch.cat([scene.albedo(chunk.to(device)).float().cpu() for chunk in chunks]).numpy()

    return vertices, faces, field


def _vertex_colours(field: Field, vertices: np.ndarray) -> np.ndarray:
    colours = np.full((len(vertices), 4), 255, np.uint8)
    colours[:, :3] = (field(vertices) * 255 + 0.5).clip(0, 255)
    return colours
