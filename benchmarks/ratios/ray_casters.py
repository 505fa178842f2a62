"""Two public ray casters that find the triangle of every pixel: a hierarchy built anew, then one ray a pixel."""

import numpy as np

from .peers import Peers, installed
from .shapes import DISTANCE, FOCAL
from .timing import Step

WARP = "warp Mesh build + mesh_query_ray"
MITSUBA = "mitsuba scene build + ray_intersect_preliminary"
_FAR = 1e3


def _directions(pixels: int) -> np.ndarray:
    """Rays f32[pixels^2, 3], row by row from the top left, through the pixel centres of shapes.seen."""
    centre = (np.arange(pixels, dtype=np.float32) + 0.5) / pixels * 2 - 1
    x, y = np.meshgrid(centre, -centre)
    rays = np.stack([x / FOCAL, y / FOCAL, np.ones_like(x)], axis=-1).reshape(-1, 3)
    return (rays / np.linalg.norm(rays, axis=1, keepdims=True)).astype(np.float32)


def warp_caster(peers: Peers, vertices: np.ndarray, faces: np.ndarray, pixels: int) -> Step:
    """NVIDIA Warp on its CPU device. Raises LeftOut where it is absent."""
    wp = installed(peers.path("warp"), "warp")
    wp.config.quiet = True
    wp.init()
    query = _warp_query(wp)
    rays, ids = wp.array(_directions(pixels), dtype=wp.vec3, device="cpu"), wp.zeros(pixels**2, dtype=int, device="cpu")
    origin = wp.vec3(0.0, 0.0, -DISTANCE)

    def step() -> np.ndarray:
        points = wp.array(vertices, dtype=wp.vec3, device="cpu")
        mesh = wp.Mesh(points=points, indices=wp.array(faces.reshape(-1), dtype=int, device="cpu"))
        wp.launch(query, dim=pixels**2, inputs=[mesh.id, origin, rays, ids], device="cpu")
        return ids.numpy()

    return step


def _warp_query(wp):
    """The kernel that asks for the face hit by each ray. Warp reads its types at run time, so they are given here."""

    def query(mesh, origin, rays, ids):
        ray = wp.tid()
        hit = wp.mesh_query_ray(mesh, origin, rays[ray], _FAR)
        if hit.result:
            ids[ray] = hit.face + 1
        else:
            ids[ray] = 0

    query.__annotations__ = {
        "mesh": wp.uint64,
        "origin": wp.vec3,
        "rays": wp.array(dtype=wp.vec3),
        "ids": wp.array(dtype=int),
    }
    return wp.Kernel(query)


def mitsuba_caster(peers: Peers, vertices: np.ndarray, faces: np.ndarray, pixels: int) -> Step:
    """Mitsuba 3 with Embree, on one thread. Raises LeftOut where it is absent."""
    mi = installed(peers.path("mitsuba"), "mitsuba")
    mi.set_variant("llvm_ad_rgb")
    dr = installed(peers.path("mitsuba"), "drjit")
    dr.set_thread_count(1)
    rays = mi.Ray3f(mi.Point3f(0, 0, -DISTANCE), mi.Vector3f(_directions(pixels).T))

    def step() -> np.ndarray:
        mesh = mi.Mesh("mesh", len(vertices), len(faces))
        parameters = mi.traverse(mesh)
        parameters["vertex_positions"] = vertices.ravel()
        parameters["faces"] = faces.ravel()
        parameters.update()
        hit = mi.load_dict({"type": "scene", "mesh": mesh}).ray_intersect_preliminary(rays)
        return np.where(np.array(hit.is_valid()), np.array(hit.prim_index).astype(np.int64) + 1, 0)

    return step


CASTERS = {WARP: warp_caster, MITSUBA: mitsuba_caster}
