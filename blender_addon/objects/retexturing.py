"""Objects that jobs give new colours to: the texture as it grows, the finished one, or everything as it was before.

No Blender object is kept between calls: it is found by the mark on it, or, after an undo that took the mark along, by
Blender's own number of the object, which undo does not change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import bpy
import numpy as np

from ...shared.mesh import TextureSnapshot
from ...shared.messages import Welcome
from ..state import Provenance
from . import material, mesh_data, provenance, retexture_mark, versions
from .retexture_mark import AnyTo3DRetexture, mark_of, marked
from .scene import Outcome
from .source_mesh import PreparedSource
from .texture_blend import Kept, laid_over, live_size


@dataclass(frozen=True)
class _Known:
    """What was sent, kept beside the .blend: undo cannot take it along. object_number: see ID.session_uid."""

    object_number: int
    layer: str
    new_uvs: np.ndarray | None
    width: int
    height: int
    kept: Kept | None


class Retextures:
    """The retextures that this file waits for, by request."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def begin(self, origin: Provenance, target: bpy.types.Object, source: PreparedSource) -> None:
        """Mark the object; it looks as before until the first texture arrives."""
        mesh = source.mesh
        kept = None
        if mesh.mask is not None and mesh.albedo is not None:
            kept = Kept(mesh.albedo, mesh.mask)
        known = _Known(target.session_uid, source.layer, source.new_uvs, source.width, source.height, kept)
        self._known[origin.request_id] = known
        _put_mark(target, origin, known)

    def accepted(self, origin: Provenance) -> None:
        """The backend has named the job: a file saved now must be able to ask for it."""
        for target in self._targets(origin):
            retexture_mark.write_origin(mark_of(target), origin)

    def show(self, origin: Provenance, snapshot: TextureSnapshot) -> Outcome:
        """Write a texture on the way into the object's own image."""
        targets = self._targets(origin)
        if not targets:
            return Outcome.MISSING
        if any(_is_busy(each, self._layer_waits(each)) for each in targets):
            return Outcome.BUSY
        for target in targets:
            mark = mark_of(target)
            if not self._install(target):
                return Outcome.MISSING
            size = live_size(mark.width, mark.height)
            material.show_in_passing(mark.image, laid_over(snapshot.albedo, self._kept(mark), *size))
        return Outcome.SHOWN

    def finish(self, origin: Provenance, albedo: np.ndarray, backend: Welcome | None) -> Outcome:
        """Give the object the finished texture as its newest version. albedo: u8[H, W, 3]."""
        targets = self._targets(origin)
        if not targets:
            return Outcome.MISSING
        if any(_is_rendering() or each.mode != "OBJECT" for each in targets):
            return Outcome.BUSY
        for target in targets:
            if not self._install(target):
                return Outcome.MISSING
            self._complete(target, origin, albedo, backend)
        self._known.pop(origin.request_id, None)
        return Outcome.SHOWN

    def give_back(self, request_ids: Collection[str]) -> None:
        """These requests came to nothing: their objects are as they were before."""
        self._restore(lambda request_id: request_id in request_ids)

    def keep_only(self, request_ids: Collection[str]) -> None:
        """Undo or redo brought another state: give back what no job is at work on, mark again what one is."""
        self._restore(lambda request_id: request_id not in request_ids)

    def forget_all(self) -> None:
        """Another file was loaded; its own objects say themselves what they wait for."""
        self._known.clear()

    def _restore(self, is_over: Callable[[str], bool]) -> None:
        for target in list(marked()):
            if is_over(mark_of(target).request_id):
                _restore(target)
        for request_id in [each for each in self._known if is_over(each)]:
            del self._known[request_id]

    def _targets(self, origin: Provenance) -> list[bpy.types.Object]:
        """The job's object, and copies that the artist has made of it since."""
        found = [each for each in marked() if mark_of(each).request_id == origin.request_id]
        known = self._known.get(origin.request_id)
        if not found and known is not None:
            same = (each for each in bpy.data.objects if each.session_uid == known.object_number)
            found = [each for each in same if each.type == "MESH" and each.users_scene]
            for each in found:
                _put_mark(each, origin, known)
        return found

    def _kept(self, mark: AnyTo3DRetexture) -> Kept | None:
        known = self._known.get(mark.request_id)
        if known is None:
            known = _known_from_file(mark)
            self._known[mark.request_id] = known
        return known.kept

    def _layer_waits(self, target: bpy.types.Object) -> bool:
        mark = mark_of(target)
        return mark.has_new_layer and mark.layer not in _mesh_of(target).uv_layers

    def _install(self, target: bpy.types.Object) -> bool:
        """Let the object show the job's material, made where it is not there yet; False where its UVs are gone."""
        mark, mesh = mark_of(target), _mesh_of(target)
        if self._layer_waits(target) and not self._add_layer(target):
            return False
        if mark.material is None or mark.image is None:
            is_first = not versions.versions_of(target)
            mark.base = versions.keep_present(target).number
            mark.is_first = is_first
            width, height = live_size(mark.width, mark.height)
            mark.image = material.new_image(f"{target.name} base color", width, height)
            mark.material = material.repainted(target, mark.image, mark.layer)
            versions.put_material(target, mark.material)
            if mark.layer in mesh.uv_layers:
                mesh.uv_layers.active = mesh.uv_layers[mark.layer]
        return True

    def _add_layer(self, target: bpy.types.Object) -> bool:
        known, mesh = self._known.get(mark_of(target).request_id), _mesh_of(target)
        return known is not None and known.new_uvs is not None and _add_layer(mesh, known.layer, known.new_uvs)

    def _complete(
        self, target: bpy.types.Object, origin: Provenance, albedo: np.ndarray, backend: Welcome | None
    ) -> None:
        mark = mark_of(target)
        picture = laid_over(albedo, self._kept(mark), mark.width, mark.height)
        material.write_image(mark.image, picture)
        mark.image.pack()
        versions.put_material(target, mark.material)
        mark.material.diffuse_color = (*mesh_data.solid_color(picture.reshape(-1, 3)), 1.0)
        provenance.write(target, origin)
        provenance.write_backend(target, backend)
        target[provenance.IS_FINAL] = True
        base = mark.base
        retexture_mark.clear(mark)
        versions.add_version(target, origin.prompt, origin.request_id, base)


def unfinished() -> tuple[Provenance, ...]:
    """The jobs that objects of this file wait for."""
    found = (retexture_mark.read_origin(mark_of(each)) for each in marked())
    return tuple({origin.request_id: origin for origin in found}.values())


def _put_mark(target: bpy.types.Object, origin: Provenance, known: _Known) -> None:
    mark, mesh = mark_of(target), _mesh_of(target)
    retexture_mark.write_origin(mark, origin)
    mark.layer, mark.has_new_layer = known.layer, known.new_uvs is not None
    mark.width, mark.height = known.width, known.height
    if known.kept is not None and mark.before is None:
        mark.before = material.packed_with_mask(f".{target.name} before", known.kept.before, known.kept.mask)
    if known.new_uvs is not None and target.mode == "OBJECT" and known.layer not in mesh.uv_layers:
        _add_layer(mesh, known.layer, known.new_uvs)


def _add_layer(mesh: bpy.types.Mesh, name: str, uvs: np.ndarray) -> bool:
    """Add a UV map, the active one staying that; False where the mesh has other corners by now."""
    if len(mesh.loops) != len(uvs):
        return False
    active = mesh.uv_layers.active_index or 0
    layer = mesh.uv_layers.new(name=name, do_init=False)
    layer.uv.foreach_set("vector", np.ascontiguousarray(uvs, np.float32).ravel())
    mesh.uv_layers.active_index = max(active, 0)
    return True


def _restore(target: bpy.types.Object) -> None:
    """As it was before the job, as far as the artist has not chosen something else since."""
    mark, mesh = mark_of(target), _mesh_of(target)
    made, layer = mark.material, mark.layer if mark.has_new_layer else ""
    base, is_first = mark.base, mark.is_first
    retexture_mark.clear(mark)
    if made is not None:
        if any(slot.material == made for slot in target.material_slots):
            versions.show_version(target, base)
        if is_first and len(versions.versions_of(target)) == 1:
            versions.forget_version(target, base)
        versions.remove_unused(made)
    if layer in mesh.uv_layers:
        mesh.uv_layers.remove(mesh.uv_layers[layer])
    if not versions.versions_of(target):
        target.property_unset(retexture_mark.PROPERTY)


def _known_from_file(mark: AnyTo3DRetexture) -> _Known:
    kept = None
    if mark.before is not None:
        kept = Kept(*material.colors_and_mask(mark.before))
    return _Known(0, mark.layer, None, mark.width, mark.height, kept)


def _is_busy(target: bpy.types.Object, layer_waits: bool) -> bool:
    """In other modes than Object Mode an image may change, while nobody paints on it, but no mesh get anything more."""
    needs_mesh = layer_waits or not target.material_slots
    return _is_rendering() or target.mode == "TEXTURE_PAINT" or (needs_mesh and target.mode != "OBJECT")


def _is_rendering() -> bool:
    return bpy.app.is_job_running("RENDER") or bpy.app.is_job_running("OBJECT_BAKE")


def _mesh_of(target: bpy.types.Object) -> bpy.types.Mesh:
    assert isinstance(target.data, bpy.types.Mesh), "only meshes are marked"
    return target.data
