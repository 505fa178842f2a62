"""Phases II and III: a deformable tetrahedral grid with a signed distance per vertex (DMTet), coloured by the field."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ...kernels.face_adjacency import face_adjacency
from ..cameras import CameraBatch
from ..rendering.surface import render_surface
from ..rendering.view import Channel, TriangleMesh, View
from ..runtime import Runtime
from .field import FieldConfig, HashField
from .given_mesh import RoughShape
from .mesh_distance import MeshSurface
from .nerf import NerfScene
from .scene import GenerationFailed, ParameterGroup, Previous
from .surface_from_density import DensitySurface, away_from_zero, signed_distances
from .tet_grid import A15Grid, KuhnGrid
from .visible_surface import VisibleSurface, visible_distances


@dataclass(frozen=True)
class DMTet:
    """Start a phase from the phase before: a NeRF is converted (Alg. 1 line 7), a DMTet goes on (line 13).

    train: "geometry" moves sdf and deformation, "texture" the field, "both" all.  field: equal to the NeRF's.
    surface: how a NeRF's density becomes the first signed distances.
    given: how a given mesh does, with which the run then begins instead of with a phase before; else None.
    margin: how much the grid's box exceeds the object, per side, as a share of its size (threestudio: 0.1; the surface
    can never leave the box, so more is kinder).  deformation: largest move of a vertex, in grid steps (threestudio: 1;
    beyond half an edge tetrahedra turn inside out).
    keeps_outline: whether the surface that the phase starts with stays at hand, for a loss that keeps its outline.
    """

    train: Literal["geometry", "texture", "both"]
    field: FieldConfig = dataclasses.field(default_factory=FieldConfig)
    grid: KuhnGrid | A15Grid = dataclasses.field(default_factory=KuhnGrid)
    surface: DensitySurface | VisibleSurface = dataclasses.field(default_factory=DensitySurface)
    margin: float = 0.15
    deformation: float = 0.5
    given: MeshSurface | None = None
    keeps_outline: bool = False

    @property
    def provides(self) -> frozenset[Channel]:
        """What its scene can show."""
        shown: frozenset[Channel] = frozenset({"rgb", "alpha", "normal", "mesh"})
        return shown | {"outline"} if self.keeps_outline else shown

    @property
    def trains(self) -> frozenset[str]:
        """The parameter groups that move."""
        moving = frozenset({"geometry"}) if self.train != "texture" else frozenset()
        return moving | (frozenset({"grid", "mlp"}) if self.train != "geometry" else frozenset())

    def build(self, runtime: Runtime) -> "DmtetScene":
        """The scene with initial values, also what a checkpoint is loaded into."""
        return DmtetScene(self, runtime)

    def start(self, previous: Previous, runtime: Runtime) -> "DmtetScene":
        scene = self.build(runtime)
        if isinstance(previous, NerfScene):
            scene.take_surface(previous)
        elif isinstance(previous, DmtetScene):
            scene.take_over(previous)
        elif isinstance(previous, RoughShape):
            scene.take_shape(previous)
        else:
            raise ValueError("a DMTet phase continues an earlier phase; put a NeRF phase before it, or hand in a mesh")
        return scene


class DmtetScene(nn.Module):
    """sdf [N], deformation [N, 3], the box they fill, and the texture field."""

    first_sdf: Tensor | None
    lattice: Tensor
    border: Tensor
    box: Tensor

    def __init__(self, spec: DMTet, runtime: Runtime) -> None:
        super().__init__()
        self.spec, self.kernels, self.device = spec, runtime.kernels, runtime.device
        self.field = HashField(spec.field, runtime.kernels, runtime.rng("initial field"))
        self.register_buffer("lattice", spec.grid.positions(runtime.device), persistent=False)
        self.register_buffer("border", spec.grid.border(runtime.device), persistent=False)
        self.register_buffer("box", torch.tensor([[-1.0] * 3, [1.0] * 3], device=runtime.device))
        self.sdf = nn.Parameter(torch.ones(len(self.lattice), device=runtime.device))
        self.deformation = nn.Parameter(torch.zeros_like(self.lattice))
        self.tets = spec.grid.tets(runtime.device)
        self.field.requires_grad_(spec.train in ("texture", "both"))
        self.is_moving = spec.train in ("geometry", "both")
        self.sdf.requires_grad_(self.is_moving)
        self.deformation.requires_grad_(self.is_moving)
        # In the state, so that a checkpoint is whole without the request that it came from.
        self.register_buffer("first_sdf", torch.ones_like(self.sdf) if spec.keeps_outline else None)
        self._extracted: tuple[TriangleMesh, Int[Tensor, "F 3"]] | None = None
        self._first: tuple[TriangleMesh, Int[Tensor, "F 3"]] | None = None

    @torch.no_grad()
    def take_surface(self, nerf: NerfScene) -> None:
        """Become the surface of a NeRF: a coarse pass finds its box, a second one fills the grid within it."""
        self.field.load_state_dict(nerf.field.state_dict())
        self.field.grid.set_active_levels(self.spec.field.grid.levels)
        vertices = nerf.extract().vertices
        if not len(vertices):
            raise GenerationFailed("phase I left no solid object; try another seed or a clearer prompt")
        low, high = vertices.amin(dim=0), vertices.amax(dim=0)
        radius = self.spec.field.radius
        self.box[0] = (low - self.spec.margin * (high - low)).clamp_min(-radius)
        self.box[1] = (high + self.spec.margin * (high - low)).clamp_max(radius)
        self._begin_with(self._distances_in(nerf))

    @torch.no_grad()
    def take_shape(self, shape: RoughShape) -> None:
        """Become the surface of a given mesh."""
        self.field.load_state_dict(shape.field)
        self.field.grid.set_active_levels(self.spec.field.grid.levels)
        self.box.copy_(shape.box)
        self._begin_with(shape.sdf)

    def take_over(self, before: "DmtetScene") -> None:
        """Go on from another phase's surface and field, but for what that phase alone kept."""
        state = before.state_dict()
        if self.first_sdf is None:
            state.pop("first_sdf", None)
        else:
            state["first_sdf"] = state["sdf"]
        self.load_state_dict(state)

    def _begin_with(self, sdf: Float[Tensor, "N"]) -> None:
        self.sdf.copy_(sdf)
        if self.first_sdf is not None:
            self.first_sdf.copy_(sdf)
        self._extracted = self._first = None

    def _distances_in(self, nerf: NerfScene) -> Float[Tensor, "N"]:
        points, surface = self._in_box(self.lattice), self.spec.surface
        if isinstance(surface, VisibleSurface):
            return visible_distances(nerf.field.density, self.box, points, self.spec.grid, surface)
        return signed_distances(nerf.field.density(points), self.spec.grid, surface)

    def face_count(self) -> int:
        """Faces of this step's mesh; 0 if the surface has vanished."""
        return len(self._surface()[0].faces)

    def shape_now(self) -> tuple[Float[Tensor, "N"], Float[Tensor, "N 3"]]:
        """A copy of sdf and deformation."""
        return self.sdf.detach().clone(), self.deformation.detach().clone()

    @torch.no_grad()
    def restore_shape(self, sdf: Float[Tensor, "N"], deformation: Float[Tensor, "N 3"]) -> None:
        """Be the surface that ``shape_now`` copied."""
        self.sdf.copy_(sdf)
        self.deformation.copy_(deformation)
        self._extracted = None

    def begin_step(self, index: int, progress: float) -> None:
        if self.is_moving:
            self._extracted = None

    def render(self, cameras: CameraBatch, channels: frozenset[Channel]) -> View:
        mesh, adjacency = self._surface()
        view = render_surface(mesh, cameras, channels, self.field.albedo, self.kernels, adjacency)
        return replace(view, outline=self._first_outline(cameras)) if "outline" in channels else view

    @torch.no_grad()
    def _first_outline(self, cameras: CameraBatch) -> Float[Tensor, "B 1 H W"] | None:
        """The coverage of the surface that the phase began with."""
        if self._first is None:
            assert self.first_sdf is not None, "the phase keeps no outline"
            mesh = self._march(self.first_sdf, torch.zeros_like(self.deformation))
            self._first = mesh, face_adjacency(mesh.faces)
        mesh, adjacency = self._first
        return render_surface(mesh, cameras, frozenset({"alpha"}), self.field.albedo, self.kernels, adjacency).alpha

    def parameter_groups(self) -> Iterator[ParameterGroup]:
        if self.is_moving:
            yield ParameterGroup("geometry", (self.sdf, self.deformation))
        if self.spec.train != "geometry":
            yield ParameterGroup("grid", tuple(self.field.grid.parameters()))
            yield ParameterGroup("mlp", tuple(self.field.albedo_mlp.parameters()))

    @torch.no_grad()
    def extract(self, resolution: int | None = None) -> TriangleMesh:
        """The mesh of the grid itself; a DMTet has no other resolution."""
        mesh = self._march(self.sdf, self.deformation)
        return TriangleMesh(mesh.vertices.detach(), mesh.faces)

    @torch.no_grad()
    def albedo(self, points: Float[Tensor, "P 3"]) -> Float[Tensor, "P 3"]:
        return self.field.albedo(points)

    def _surface(self) -> tuple[TriangleMesh, Int[Tensor, "F 3"]]:
        """This step's mesh and its face adjacency, shared by all views of the step."""
        if self._extracted is None:
            mesh = self._march(self.sdf, self.deformation)
            self._extracted = mesh, face_adjacency(mesh.faces)
        return self._extracted

    def _march(self, sdf: Float[Tensor, "N"], deformation: Float[Tensor, "N 3"]) -> TriangleMesh:
        # The border stays outside, whatever the optimiser does, so that the mesh is closed.
        sdf = away_from_zero(torch.where(self.border, torch.ones_like(sdf), sdf))
        step = 2 / self.spec.grid.resolution
        moved = self.lattice + self.spec.deformation * step * deformation.tanh()
        return TriangleMesh(*self.kernels.marching_tetrahedra(self._in_box(moved), self.tets, sdf))

    def _in_box(self, unit: Float[Tensor, "N 3"]) -> Float[Tensor, "N 3"]:
        """From the grid's [-1, 1]^3 to world units."""
        return self.box[0] + (unit + 1) / 2 * (self.box[1] - self.box[0])
