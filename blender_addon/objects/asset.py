"""Generated objects in the Asset Browser: marked, with a preview, tags and a catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import bpy
import numpy as np

from . import provenance, thumbnail
from .asset_catalogue import ensure_catalogue
from .mesh_reading import base_color_image, pixels_of, surface_of

PREVIEW_SIZE = 256

_TAG = "any-to-3d"
_SHORTEST_WORD = 3
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_COMMON = frozenset(("and", "for", "from", "into", "its", "the", "that", "this", "with"))


def library_folder() -> Path | None:
    """Where Blender keeps the open file's catalogues: its asset library, or its folder; None if it is not saved."""
    if not bpy.data.filepath:
        return None
    file = Path(bpy.data.filepath).resolve()
    libraries = (
        Path(bpy.path.abspath(each.path)).resolve() for each in bpy.context.preferences.filepaths.asset_libraries
    )
    return next((folder for folder in libraries if folder in file.parents), file.parent)


def tags_of(prompt: str, recipe: str) -> tuple[str, ...]:
    """Words that a person searches for, each once.

    >>> tags_of("a red chair, with a red seat", "xbind")
    ('any-to-3d', 'xbind', 'red', 'chair', 'seat')
    """
    words = (word.lower() for word in _WORD.findall(prompt))
    kept = [word for word in words if len(word) >= _SHORTEST_WORD and word not in _COMMON]
    return tuple(dict.fromkeys((_TAG, *filter(None, (recipe,)), *kept)))


def mark(target: bpy.types.Object, folder: Path | None) -> None:
    """Make the object an asset with a preview; one that is an asset already gets what it lacks.

    folder: of the catalogue file; None leaves the catalogue as it is. Raises CatalogueError, before anything changes.
    """
    catalogue = ensure_catalogue(folder) if folder is not None else ""
    target.asset_mark()
    data = target.asset_data
    assert data is not None, "marked above"
    origin = provenance.read(target)
    for tag in tags_of(origin.prompt, origin.recipe):
        data.tags.new(tag, skip_if_exists=True)
    data.description = data.description or origin.prompt
    if catalogue:
        data.catalog_id = catalogue
    _set_preview(target)


def _set_preview(target: bpy.types.Object) -> None:
    """Blender's own preview needs a window, and comes later; this one is there at once, in every Blender."""
    assert isinstance(target.data, bpy.types.Mesh), "callers choose meshes"
    surface = surface_of(target.data)
    image = base_color_image(target)
    albedo = pixels_of(image) if image is not None and image.has_data else _plain(target)
    picture = thumbnail.draw(surface.vertices, surface.faces, surface.uvs, albedo, PREVIEW_SIZE)
    preview = target.preview_ensure()
    preview.image_size = (PREVIEW_SIZE, PREVIEW_SIZE)
    preview.image_pixels_float.foreach_set(np.ascontiguousarray(picture[::-1]).ravel())  # type: ignore[arg-type]


def _plain(target: bpy.types.Object) -> np.ndarray:
    """The colour of Solid view, where there is no image."""
    material = target.active_material
    linear = np.array(material.diffuse_color)[:3] if material is not None else np.full(3, 0.8)
    return (np.clip(linear, 0, 1) ** (1 / 2.2)).astype(np.float32).reshape(1, 1, 3)
