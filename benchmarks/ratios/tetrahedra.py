"""C2 and C3: marching tetrahedra, forwards and backwards, against kaolin's, on a lattice and on a file's tetrahedra."""

from types import ModuleType

import numpy as np
import torch
from any_to_3d.backend.kernels.kuhn_lattice import KuhnLattice
from scipy.spatial import cKDTree
from torch import Tensor
from trimesh import Trimesh

from .peers import LeftOut, Peers, file_of_checkout
from .shapes import DEVICE, KERNELS, ball_distance
from .timing import Report, Size, Step, ratio_verdicts, take_turns

PEER = "kaolin _unbatched_marching_tetrahedra"
Grid = tuple[Tensor, Tensor | KuhnLattice]
Mesh = tuple[Tensor, Tensor]


def run_on_lattice(size: Size, peers: Peers, rounds: int) -> Report:
    """C2. Full: the Kuhn lattice of 64 cubes a side."""
    lattice = KuhnLattice(64 if size == "full" else 12)
    return _compare((lattice.vertices(DEVICE), lattice), peers, rounds, gate=20)


def run_on_file(size: Size, peers: Peers, rounds: int) -> Report:
    """C3. Full: threestudio's 64_tets.npz; quick: its 32_tets.npz."""
    try:
        checkout = peers.path("threestudio")
    except LeftOut as reason:
        return Report("marching tetrahedra on stored tetrahedra", left_out=(str(reason),))
    stored = np.load(checkout / "load" / "tets" / ("64_tets.npz" if size == "full" else "32_tets.npz"))
    positions, tets = torch.from_numpy(stored["vertices"]).float(), torch.from_numpy(stored["indices"]).long()
    # The file fills [0, 1]^3.
    return _compare((2 * positions - 1, tets), peers, rounds, gate=10)


def _compare(grid: Grid, peers: Peers, rounds: int, gate: float) -> Report:
    positions, tets = grid
    distance = ball_distance(positions)
    variants: dict[str, Step] = {"numba": lambda: _march(grid, distance)}
    facts: dict[str, object] = {"lattice_vertices": len(positions)}
    left_out = []
    try:
        peer = _kaolin(peers)
        stored = tets.tets(DEVICE) if isinstance(tets, KuhnLattice) else tets
        variants[PEER] = lambda: _march_with(peer, (positions, stored), distance)
        facts |= {"tetrahedra": len(stored)} | _differences(*(step() for step in variants.values()))
    except LeftOut as reason:
        left_out.append(str(reason))
    times = take_turns(variants, rounds)
    verdicts = ratio_verdicts(times, "numba", {PEER: gate})
    return Report("marching tetrahedra, forwards and backwards", times, verdicts, facts, tuple(left_out))


def _kaolin(peers: Peers) -> ModuleType:
    return file_of_checkout(peers.path("kaolin"), "kaolin.ops.conversions.tetmesh")


def _march(grid: Grid, distance: Tensor) -> Mesh:
    positions, distance = _leaves(grid[0], distance)
    vertices, faces = KERNELS.marching_tetrahedra(positions, grid[1], distance)
    vertices.sum().backward()
    return vertices.detach(), faces


def _march_with(peer: ModuleType, grid: Grid, distance: Tensor) -> Mesh:
    positions, distance = _leaves(grid[0], distance)
    # Its signed distances are positive inside.
    vertices, faces = peer._unbatched_marching_tetrahedra(positions, grid[1], -distance, False)
    vertices.sum().backward()
    return vertices.detach(), faces


def _leaves(*tensors: Tensor) -> list[Tensor]:
    return [tensor.detach().requires_grad_() for tensor in tensors]


def _differences(ours: Mesh, theirs: Mesh) -> dict[str, object]:
    """Whether both meshes are one: as many vertices and faces, every vertex in place, the same area.

    The faces themselves differ where the surface cuts a tetrahedron in a quadrilateral: each side has its own diagonal.
    """
    distance, _ = cKDTree(theirs[0].numpy()).query(ours[0].numpy())
    mine, other = (float(Trimesh(v.numpy(), f.numpy(), process=False).area) for v, f in (ours, theirs))
    return {
        "vertices": [len(ours[0]), len(theirs[0])],
        "faces": [len(ours[1]), len(theirs[1])],
        "farthest_vertex": float(distance.max()),
        "relative_area_difference": abs(mine / other - 1),
    }
