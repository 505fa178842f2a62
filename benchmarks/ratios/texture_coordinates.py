"""C9: unwrapping a surface, as our objects are finished, against xatlas as threestudio calls it."""

import numpy as np
from any_to_3d.backend.finishing.unwrap import Atlas, unwrap

from .peers import LeftOut, Peers
from .shapes import ball
from .threestudio_mesh import mesh_class
from .timing import Report, Size, Step, ratio_verdicts, take_turns

PEER = "threestudio Mesh.unwrap_uv (xatlas)"
TEXTURE = 1024
MOST_ROUNDS = 3
"""The peer takes a third of a minute; its times differ by a few percent."""


def run(size: Size, peers: Peers, rounds: int) -> Report:
    """Full: 48 thousand faces for a texture of 1024 x 1024."""
    vertices, faces = ball(59 if size == "full" else 10)
    arrays = vertices.numpy(), faces.int().numpy()
    facts: dict[str, object] = {"faces": len(faces)} | _quality(*arrays, _unwrapped(*arrays))
    variants: dict[str, Step] = {"ours": lambda: _unwrapped(*arrays)}
    left_out = []
    try:
        mesh = mesh_class(peers)
        variants[PEER] = lambda: mesh(v_pos=vertices, t_pos_idx=faces).unwrap_uv()
    except LeftOut as reason:
        left_out.append(str(reason))
    times = take_turns(variants, min(rounds, MOST_ROUNDS))
    verdicts = ratio_verdicts(times, "ours", {PEER: 50})
    return Report("texture coordinates of a finished surface", times, verdicts, facts, tuple(left_out))


def _unwrapped(vertices: np.ndarray, faces: np.ndarray) -> Atlas:
    *_, atlas = unwrap(vertices, faces, TEXTURE)
    assert isinstance(atlas, Atlas)
    return atlas


def _quality(vertices: np.ndarray, faces: np.ndarray, atlas: Atlas) -> dict[str, object]:
    """The texture's used share, and how unevenly it is given to the surface: 95 % over 5 % quantile of density."""
    in_texture = _areas(np.pad(atlas.uvs, ((0, 0), (0, 1)))[atlas.uv_faces])
    density = np.sqrt(in_texture / np.maximum(_areas(vertices[faces]), 1e-20))
    low, high = np.quantile(density, [0.05, 0.95])
    return {
        "method": atlas.method,
        "texture_coordinates": len(atlas.uvs),
        "used_share": round(float(in_texture.sum()), 3),
        "density_spread": round(float(high / low), 3),
    }


def _areas(corners: np.ndarray) -> np.ndarray:
    return 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
