"""C8: a mesh on its way into an open Blender, against writing a GLB file and importing it, as other add-ons do.

Runs live_mesh_in_blender.py in the Python that has bpy; this module needs none.
"""

from .in_blender import answer_of
from .live_mesh_names import MOVED, NEW, PEER
from .peers import LeftOut, Peers
from .shapes import ball
from .timing import Report, Size, Times, ratio_verdicts


def run(size: Size, peers: Peers, rounds: int) -> Report:
    """Full: 101 thousand faces with vertex colours."""
    what = "a mesh from the backend's arrays to Blender's"
    vertices, faces = ball(85 if size == "full" else 10)
    try:
        python = peers.path("bpy")
        found = answer_of("live_mesh_in_blender", python, rounds, vertices.numpy(), faces.int().numpy())
    except LeftOut as reason:
        return Report(what, facts={"faces": len(faces)}, left_out=(str(reason),))
    times = Times(*({name: tuple(each) for name, each in found[clock].items()} for clock in ("cpu", "wall")))
    verdicts = ratio_verdicts(times, NEW, {PEER: 3}) + ratio_verdicts(times, MOVED, {PEER: 30})
    return Report(what, times, verdicts, {"faces": len(faces), "blender": found["blender"]})
