"""A mesh that stays as it is, coloured by the field: new colours on somebody's own shape."""

import copy
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ...kernels.face_adjacency import face_adjacency
from ..cameras import CameraBatch
from ..rendering.surface import render_surface
from ..rendering.view import Channel, TriangleMesh, View
from ..runtime import Runtime
from .field import FieldConfig, HashField
from .given_mesh import GivenMesh
from .scene import ParameterGroup, Previous


@dataclass(frozen=True)
class FixedMesh:
    """Start a phase from a GivenMesh, whose shape is never touched.

    vertex_count, face_count: of that mesh, so that a checkpoint, which holds it, has a scene to be read into.
    remembers: whether the colours that it begins with stay at hand, for a loss that keeps something of them.
    """

    vertex_count: int
    face_count: int
    field: FieldConfig = dataclasses.field(default_factory=FieldConfig)
    remembers: bool = False
    trains: ClassVar[frozenset[str]] = frozenset({"grid", "mlp"})

    @property
    def provides(self) -> frozenset[Channel]:
        always: frozenset[Channel] = frozenset({"rgb", "alpha", "normal", "mesh"})
        return always | {"before"} if self.remembers else always

    def build(self, runtime: Runtime) -> "FixedMeshScene":
        """The scene with a mesh of nothing but zeros, which a checkpoint is loaded into."""
        return FixedMeshScene(self, runtime)

    def start(self, previous: Previous, runtime: Runtime) -> "FixedMeshScene":
        """The scene of a given mesh; one that another FixedMesh phase has painted is taken over.

        Raises ValueError for anything else, and for a mesh of another size.
        """
        scene = self.build(runtime)
        if isinstance(previous, FixedMeshScene):
            scene.load_state_dict(previous.state_dict())
        elif isinstance(previous, GivenMesh):
            scene.take(previous)
        else:
            raise ValueError("a FixedMesh phase begins with a given mesh; hand one to the run")
        return scene


class FixedMeshScene(nn.Module):
    """The mesh, its texture field, and the field that it began with where that is remembered."""

    vertices: Tensor
    faces: Tensor

    def __init__(self, spec: FixedMesh, runtime: Runtime) -> None:
        super().__init__()
        self.spec, self.kernels, self.device = spec, runtime.kernels, runtime.device
        # In the state, so that a checkpoint is whole without the request that it came from.
        self.register_buffer("vertices", torch.zeros(spec.vertex_count, 3, device=runtime.device))
        self.register_buffer("faces", torch.zeros(spec.face_count, 3, dtype=torch.int32, device=runtime.device))
        self.field = HashField(spec.field, runtime.kernels, runtime.rng("initial field"))
        self.field.grid.set_active_levels(spec.field.grid.levels)
        self.before = copy.deepcopy(self.field).requires_grad_(False) if spec.remembers else None
        self._adjacency: Int[Tensor, "F 3"] | None = None

    @torch.no_grad()
    def take(self, given: GivenMesh) -> None:
        """Become this mesh, with the colours of its field if it has one."""
        got, wanted = (len(given.vertices), len(given.faces)), (self.spec.vertex_count, self.spec.face_count)
        if got != wanted:
            raise ValueError(f"the mesh has {got} vertices and faces; the recipe was made for one with {wanted}")
        self.vertices.copy_(given.vertices)
        self.faces.copy_(given.faces)
        if given.field is not None:
            self.field.load_state_dict(given.field)
            self.field.grid.set_active_levels(self.spec.field.grid.levels)
        self.remember()

    @torch.no_grad()
    def remember(self) -> None:
        """From now on, the present colours are those before."""
        if self.before is not None:
            self.before.load_state_dict(self.field.state_dict())

    def begin_step(self, index: int, progress: float) -> None:
        """Nothing: the shape stays, and every level of the field is open."""

    def render(self, cameras: CameraBatch, channels: frozenset[Channel]) -> View:
        if self._adjacency is None:
            self._adjacency = face_adjacency(self.faces)
        mesh, before = TriangleMesh(self.vertices, self.faces), self.before and self.before.albedo
        return render_surface(
            mesh, cameras, channels, self.field.albedo, self.kernels, self._adjacency, before, is_two_sided=True
        )

    def parameter_groups(self) -> Iterator[ParameterGroup]:
        yield ParameterGroup("grid", tuple(self.field.grid.parameters()))
        yield ParameterGroup("mlp", tuple(self.field.albedo_mlp.parameters()))

    def extract(self, resolution: int | None = None) -> TriangleMesh:
        """The mesh itself."""
        return TriangleMesh(self.vertices, self.faces)

    @torch.no_grad()
    def albedo(self, points: Float[Tensor, "P 3"]) -> Float[Tensor, "P 3"]:
        return self.field.albedo(points)

    @torch.no_grad()
    def albedo_before(self, points: Float[Tensor, "P 3"]) -> Float[Tensor, "P 3"]:
        """The colours that it began with, as the field has them; those of now if they are not remembered."""
        return (self.before or self.field).albedo(points)
