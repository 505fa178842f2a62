"""The profile ``fake`` gives a mesh new colours: those of the prompt's colour word, or of the seed, in level bands."""

from dataclasses import dataclass

import numpy as np

from ..shared.mesh import MeshSnapshot, SourceMesh, TexturedMesh, TextureSnapshot
from ..shared.messages import Submit, TextPrompt
from ..shared.starting_points import Retexture
from .finishing.mesh_repair import simplified
from .props.palette import COLOURS
from .retexturing.painter import Colours, Painter
from .retexturing.placed_mesh import PlacedMesh

PHASE = "texture"
BANDS = 6.0


class FakePaint:
    """Bound to a request. Raises ValueError, as the real one does, for a mesh or mask that leaves nothing to paint."""

    def __init__(self, submit: Submit, source: Retexture) -> None:
        self.mesh = PlacedMesh.of(source.mesh)
        self.painter = Painter(source, self.mesh.vertices)
        self.painter.check()
        self._wanted = np.array(_colour(submit), np.float32)
        self._strength = source.strength
        self._grey = np.full(3, 0.6, np.float32)

    def colours(self, done: float) -> Colours:
        """After this fraction of the job: from grey to the wanted colour, and no further than the strength allows."""

        def before(points: np.ndarray) -> np.ndarray:
            return np.broadcast_to(self._grey, points.shape)

        def now(points: np.ndarray) -> np.ndarray:
            band = (np.floor(points[:, 2:] * BANDS) % 2).astype(np.float32)
            wanted = self._wanted * (1 - 0.25 * band)
            return self._grey + self._strength * done * (wanted - self._grey)

        return Colours(now, before)


@dataclass(frozen=True)
class FakeTexture:
    """What a moment of such a job shows. done: in [0, 1]."""

    job_id: str
    phase: str
    step: int
    paint: FakePaint
    done: float

    def snapshot(self, sequence: int, max_faces: int, max_texture: int) -> MeshSnapshot | TextureSnapshot:
        colours, mesh = self.paint.colours(self.done), self.paint.mesh
        if max_texture and self.phase == PHASE:
            image = self.paint.painter.live(colours, max_texture)
            return TextureSnapshot(self.job_id, sequence, PHASE, self.step, image)
        vertices, faces = simplified(mesh.vertices, mesh.source.faces, max_faces)
        shown = np.full((len(vertices), 4), 255, np.uint8)
        shown[:, :3] = colours.now(vertices) * 255
        return MeshSnapshot(self.job_id, sequence, self.phase, self.step, 1, mesh.unplaced(vertices), faces, shown)

    def finished(self) -> TexturedMesh:
        *_, mesh = self.paint.painter.finished(self.paint.colours(self.done))
        assert isinstance(mesh, TexturedMesh)
        return mesh


def unrolled(mesh: SourceMesh) -> SourceMesh:
    """The same with texture coordinates: its own, or else its broadest side's; without colours and mask."""
    if mesh.has_uvs:
        return SourceMesh(mesh.vertices, mesh.faces, mesh.uvs, mesh.uv_faces)
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    broad = np.sort(np.argsort(high - low)[1:])
    flat = (mesh.vertices - low)[:, broad] / np.maximum((high - low)[broad], 1e-6)
    return SourceMesh(mesh.vertices, mesh.faces, flat.clip(0, 1).astype(np.float32), mesh.faces)


def _colour(submit: Submit) -> tuple[float, ...]:
    texts = [part.prompt.text for part in submit.prompts if isinstance(part.prompt, TextPrompt)]
    named = next((COLOURS[word] for word in " ".join(texts).lower().split() if word in COLOURS), None)
    return named or tuple(np.random.default_rng(submit.seed % 2**32).uniform(0.15, 0.8, 3))
