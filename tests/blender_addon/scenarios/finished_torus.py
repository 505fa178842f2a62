"""A finished object of the installed add-on, its colours known, and the modules to look at it with. Inside Blender."""

import bpy
import painted_torus
from addon_in_use import empty_file, install, module
from painted_torus import select_only

install()

scene, provenance, face_budget = module("objects.scene"), module("objects.provenance"), module("objects.face_budget")
mesh_reading, state, placement = module("objects.mesh_reading"), module("state"), module("objects.placement")
TexturedMesh = module("mesh", "shared").TexturedMesh
messages = module("messages", "shared")

LICENCES = (messages.ModelLicence("ImageBind", "CC BY-NC-SA 4.0", "Not for sale."),)
BACKEND = messages.Welcome(
    "1.0", "id", "0.1.0", "builtin", "cpu", "numba", (), "Say where it comes from.", licences=LICENCES
)
PARTS = (state.PromptPart("text", "a red chair, größer", 1.0), state.PromptPart("image", "stuhl.png", 0.5))
ORIGIN = state.Provenance(
    "request", "a red chair", "xbind", "draft", 7, "job", PARTS, "blue", (("max_faces", 5000.0), ("steps_scale", 0.5))
)


def finished(**options):
    """A finished torus, selected, in an empty file. It is not scaled: its height is that of the torus."""
    empty_file()
    place = placement.Placement((0, 0, 0), 2 * painted_torus.TUBE, "Scene", "CENTRE", **options)
    scene.create(ORIGIN, place)
    vertices, faces, uvs, uv_faces = painted_torus.arrays()
    scene.finish(ORIGIN, TexturedMesh(vertices, faces, uvs, uv_faces, painted_torus.albedo()), BACKEND)
    target = bpy.data.objects["a red chair"]
    select_only(target)
    return target


def misplaced(target):
    pixels = mesh_reading.pixels_of(mesh_reading.base_color_image(target))
    return painted_torus.misplaced(mesh_reading.surface_of(target.data), pixels)
