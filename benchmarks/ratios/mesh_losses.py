"""C4: vertex normals, normal consistency and Laplacian of a new mesh, forwards and backwards, against threestudio's."""

from collections.abc import Callable

import torch
from any_to_3d.backend.generator.losses.surface import laplacian_roughness, normal_consistency
from any_to_3d.backend.generator.rendering.view import TriangleMesh
from torch import Tensor

from .peers import LeftOut, Peers
from .shapes import ball
from .threestudio_mesh import mesh_class
from .timing import Report, Size, ratio_verdicts, take_turns

PEER = "threestudio Mesh.normal_consistency + Mesh.laplacian"
Losses = Callable[[Tensor], tuple[Tensor, Tensor]]


def run(size: Size, peers: Peers, rounds: int) -> Report:
    """Full: 196 thousand faces."""
    vertices, faces = ball(118 if size == "full" else 12)

    def ours(moving: Tensor) -> tuple[Tensor, Tensor]:
        mesh = TriangleMesh(moving, faces)
        return normal_consistency(mesh), laplacian_roughness(mesh)

    variants = {"ours": lambda: _gradient(ours, vertices)}
    facts: dict[str, object] = {"vertices": len(vertices), "faces": len(faces)}
    left_out = []
    try:
        mesh = mesh_class(peers)

        def theirs(moving: Tensor) -> tuple[Tensor, Tensor]:
            made = mesh(v_pos=moving, t_pos_idx=faces)
            return made.normal_consistency(), made.laplacian()

        variants[PEER] = lambda: _gradient(theirs, vertices)
        facts |= _differences(ours, theirs, vertices)
    except LeftOut as reason:
        left_out.append(str(reason))
    times = take_turns(variants, rounds)
    what = "vertex normals, normal consistency and Laplacian of a new topology, forwards and backwards"
    return Report(what, times, ratio_verdicts(times, "ours", {PEER: 40}), facts, tuple(left_out))


def _gradient(losses: Losses, vertices: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    moving = vertices.clone().requires_grad_()
    consistency, roughness = losses(moving)
    (consistency + roughness).backward()
    assert moving.grad is not None
    return consistency.detach(), roughness.detach(), moving.grad


def _differences(ours: Losses, theirs: Losses, vertices: Tensor) -> dict[str, object]:
    mine, other = _gradient(ours, vertices), _gradient(theirs, vertices)
    names = ("normal_consistency_difference", "laplacian_difference", "gradient_difference")
    return {
        name: float(torch.linalg.vector_norm(a - b) / torch.linalg.vector_norm(b))
        for name, a, b in zip(names, mine, other, strict=True)
    }
