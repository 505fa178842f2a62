"""The settings of a new texture for an object that is there. Saved in the .blend, below the prompt's."""

from __future__ import annotations

import bpy

from ..shared.starting_points import LARGEST_MASK_BORDER

SMALLEST_STRENGTH = 0.05
USUAL_BORDER = 8

UV_CHOICES = (
    ("AUTOMATIC", "Automatic", "Paint on the active UV map if it serves, and on a new one if it does not"),
    ("KEEP", "Keep", "Paint on the active UV map, though it may overlap"),
    ("NEW", "New", "Lay the faces out on a new UV map. Those that are there stay as they are"),
)
MASKS = (
    ("NONE", "Everywhere", "All of the object may change", "WORLD", 0),
    ("GROUP", "Vertex Group", "The weights of a vertex group say how much may change", "GROUP_VERTEX", 1),
    ("SELECTION", "Selected Faces", "The faces that are selected in Edit Mode may change", "FACESEL", 2),
    ("FACE_SET", "Face Set", "The face set of the active face may change", "SCULPTMODE_HLT", 3),
    ("IMAGE", "Painted Image", "White parts of an image, painted at the object's UVs, may change", "IMAGE_DATA", 4),
)
SIZES = (
    ("0", "As It Is", "As many texels as the present image has, or 1024"),
    ("512", "512", "512 x 512 texels"),
    ("1024", "1024", "1024 x 1024 texels"),
    ("2048", "2048", "2048 x 2048 texels"),
    ("4096", "4096", "4096 x 4096 texels"),
)


class RetextureSettings(bpy.types.PropertyGroup):
    strength: bpy.props.FloatProperty(
        name="Strength",
        description="Near 0 the present colours get a tint; at 1 they are all new",
        default=1.0,
        min=SMALLEST_STRENGTH,
        max=1.0,
        subtype="FACTOR",
    )
    size: bpy.props.EnumProperty(name="Resolution", description="Of the new image", items=SIZES)
    uvs: bpy.props.EnumProperty(name="UVs", description="Where the texture is painted", items=UV_CHOICES)
    mask: bpy.props.EnumProperty(
        name="Where",
        description="What may change; everything else stays bit for bit",
        items=MASKS,
    )
    group: bpy.props.StringProperty(name="Vertex Group", description="Empty: the active one")
    image: bpy.props.PointerProperty(name="Mask", description="White may change, black stays", type=bpy.types.Image)
    uses_alpha: bpy.props.BoolProperty(
        name="By Its Alpha", description="Opaque parts of the image may change, in place of white ones"
    )
    is_inverted: bpy.props.BoolProperty(name="Invert", description="Change the rest instead")
    border: bpy.props.IntProperty(
        name="Border",
        description="Over how many texels inside the mask old colours pass into new ones",
        default=USUAL_BORDER,
        min=0,
        max=LARGEST_MASK_BORDER,
    )


CLASSES = (RetextureSettings,)
