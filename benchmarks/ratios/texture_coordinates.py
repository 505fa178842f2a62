"""C9: unwrapping a surface, as our objects are finished, against xatlas as threestudio calls it.

There are two ways of ours. The backend needs no Blender and leaves unwrapping to xatlas, in pieces; the add-on calls
Blender's smart_project where it makes a new UV map, measured after the others and not in turns with them.
"""

import os

import numpy as np
from any_to_3d.backend.finishing.unwrap import Atlas, unwrap
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .in_blender import answer_of
from .peers import LeftOut, Peers
from .shapes import ball
from .threestudio_mesh import mesh_class
from .timing import Report, Size, Step, Times, ratio_verdicts, take_turns

PEER = "threestudio Mesh.unwrap_uv (xatlas)"
BLENDER = "Blender uv.smart_project"
TEXTURE = 1024
LEAST_WITHOUT_BLENDER = 5
"""Charts that stretch little are xatlas's own time: even in pieces of 100 faces 50 times is out of its reach."""
MOST_ROUNDS = 3
"""The peer takes a third of a minute; its times differ by a few percent."""


def run(size: Size, peers: Peers, rounds: int) -> Report:
    """Full: 48 thousand faces for a texture of 1024 x 1024."""
    vertices, faces = ball(59 if size == "full" else 10)
    arrays, rounds = (vertices.numpy(), faces.int().numpy()), min(rounds, MOST_ROUNDS)
    atlas = _unwrapped(*arrays)
    facts = {"faces": len(faces), "method": atlas.method} | _quality(*arrays, atlas.uvs[atlas.uv_faces])
    variants: dict[str, Step] = {"ours": lambda: _unwrapped(*arrays)}
    left_out = []
    try:
        mesh = mesh_class(peers)
        if os.name == "nt":
            raise LeftOut("threestudio (Windows does not tell the time of our child process)")
        variants[PEER] = lambda: mesh(v_pos=vertices, t_pos_idx=faces).unwrap_uv()
    except LeftOut as reason:
        left_out.append(str(reason))
    times = take_turns(variants, rounds)
    verdicts = ratio_verdicts(times, "ours", {PEER: LEAST_WITHOUT_BLENDER})
    try:
        blender, facts[BLENDER] = _in_blender(peers, *arrays, rounds)
        times = Times(times.cpu | blender.cpu, times.wall | blender.wall)
        verdicts += ratio_verdicts(times, BLENDER, {PEER: 50})
    except LeftOut as reason:
        left_out.append(str(reason))
    return Report("texture coordinates of a finished surface", times, verdicts, facts, tuple(left_out))


def _unwrapped(vertices: np.ndarray, faces: np.ndarray) -> Atlas:
    *_, atlas = unwrap(vertices, faces, TEXTURE)
    assert isinstance(atlas, Atlas)
    return atlas


def _in_blender(peers: Peers, vertices: np.ndarray, faces: np.ndarray, rounds: int) -> tuple[Times, dict[str, object]]:
    answer = answer_of("texture_coordinates_in_blender", peers.path("bpy"), rounds, vertices, faces)
    times = Times({BLENDER: tuple(answer["cpu"])}, {BLENDER: tuple(answer["wall"])})
    return times, {"version": answer["blender"]} | _quality(vertices, faces, np.array(answer["corners"]))


def _quality(vertices: np.ndarray, faces: np.ndarray, corners: np.ndarray) -> dict[str, object]:
    """Of corners [F, 3, 2] in the texture: pieces, used share, and how unevenly the surface gets it.

    islands: of faces that hang together in the texture; density_spread: 95 % over 5 % quantile. Faces without an area
    in the texture (xatlas leaves out those without one in space) are no islands.
    """
    in_texture = _areas(np.pad(corners, ((0, 0), (0, 0), (0, 1))))
    density = np.sqrt(in_texture / np.maximum(_areas(vertices[faces]), 1e-20))
    low, high = np.quantile(density, [0.05, 0.95])
    return {
        "islands": _islands(faces[in_texture > 0], corners[in_texture > 0]),
        "used_share": round(float(in_texture.sum()), 3),
        "density_spread": round(float(high / low), 3),
    }


def _areas(corners: np.ndarray) -> np.ndarray:
    return 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)


def _islands(faces: np.ndarray, corners: np.ndarray) -> int:
    """How many pieces of faces hang together in space and in the texture."""
    places = np.rint(corners.reshape(-1, 2) * 2**20).astype(np.int64)
    _, place = np.unique(np.column_stack([faces.reshape(-1), places]), axis=0, return_inverse=True)
    a, b, c = place.reshape(-1, 3).T
    edges = np.concatenate([[a, b], [b, c]], axis=1)
    joined = coo_array((np.ones(edges.shape[1]), edges), shape=(place.max() + 1,) * 2)
    return int(connected_components(joined, directed=False)[0])
