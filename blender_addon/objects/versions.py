"""The versions of one object: meshes and materials that it had, each to be shown in its place again.

They are properties of the object, so that they are saved, undone and copied with it. A version points to its materials,
which keeps them in the file; to its mesh only while another mesh is shown, for Blender's tools refuse a mesh with two
users.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import bpy
import numpy as np

from . import provenance, retexture_mark
from .retexture_mark import AnyTo3DRetexture

ORIGINAL = "Original"
BY_HAND = "Changed by hand"

_ORIGIN = (*provenance.NAMES, "any_to_3d_is_final")
"""What the object says about where it comes from, which changes with the version."""


@dataclass(frozen=True)
class Version:
    """number: 1 is the oldest.  request_id: of the job that made it, empty for what the artist made.

    base: the version that the job began with, 0 where that is not known.
    """

    number: int
    label: str
    request_id: str
    mesh: str
    materials: tuple[str, ...]
    is_shown: bool
    base: int = 0


class AnyTo3DSlot(bpy.types.PropertyGroup):
    """A material slot; ``link`` is Blender's, DATA or OBJECT."""

    material: bpy.props.PointerProperty(type=bpy.types.Material)
    link: bpy.props.StringProperty()


class AnyTo3DVersion(bpy.types.PropertyGroup):
    """A Version in the .blend. mesh: none for the one that the object has now.  origin: custom properties, as JSON."""

    number: bpy.props.IntProperty()
    label: bpy.props.StringProperty(name="Version")
    request_id: bpy.props.StringProperty()
    mesh: bpy.props.PointerProperty(type=bpy.types.Mesh)
    uv_layer: bpy.props.StringProperty()
    origin: bpy.props.StringProperty()
    base: bpy.props.IntProperty()
    slots: bpy.props.CollectionProperty(type=AnyTo3DSlot)


class AnyTo3DObject(bpy.types.PropertyGroup):
    """What the add-on keeps with an object. shown: the number of the version that it is, 0 without versions."""

    retexture: bpy.props.PointerProperty(type=AnyTo3DRetexture)
    shown: bpy.props.IntProperty()
    versions: bpy.props.CollectionProperty(type=AnyTo3DVersion)


def versions_of(target: bpy.types.Object) -> tuple[Version, ...]:
    """All versions of the object, oldest first; empty for one that has never been changed."""
    if not retexture_mark.has_something_kept(target):
        return ()
    return tuple(_version(target, each) for each in _kept(target).versions)


def shown_version(target: bpy.types.Object) -> Version | None:
    """The version that the object was last set to, though the artist may have changed it by hand since."""
    return next((each for each in versions_of(target) if each.is_shown), None)


def version_of_request(target: bpy.types.Object, request_id: str) -> Version | None:
    """The version that this job made of the object."""
    return next((each for each in versions_of(target) if request_id and each.request_id == request_id), None)


def add_version(target: bpy.types.Object, label: str, request_id: str = "", base: int = 0) -> Version:
    """Keep what the object is now, its mesh, materials and provenance, as its newest version. base: made from that."""
    kept = _kept(target)
    record = kept.versions.add()
    record.number = max((each.number for each in kept.versions), default=0) + 1
    record.label, record.request_id, record.base = label, request_id, base
    record.uv_layer = _active_layer(target)
    record.origin = json.dumps(_origin_of(target), ensure_ascii=False)
    for slot in target.material_slots:
        item = record.slots.add()
        item.material, item.link = slot.material, slot.link
    kept.shown = record.number
    return _version(target, record)


def keep_present(target: bpy.types.Object) -> Version:
    """The version that the object is now, made where there is none or the artist has given it other materials since."""
    same = next((each for each in _kept(target).versions if _is_present(target, each)), None)
    if same is not None:
        _kept(target).shown = same.number
        return _version(target, same)
    if _kept(target).versions:
        return add_version(target, BY_HAND)
    return add_version(target, ORIGINAL, str(target.get(provenance.REQUEST, "")))


def show_version(target: bpy.types.Object, number: int) -> None:
    """Give the object the mesh, materials and provenance of this version.

    Raises ValueError for a number that it does not have, and for another mesh in any mode but Object Mode.
    """
    record = _record(target, number)
    if record.mesh is not None:
        _check_mode(target)
        put_mesh(target, _mesh_of_its_own(target, record.mesh))
    _put_slots(target, record)
    layers = _mesh_of(target).uv_layers
    if record.uv_layer in layers:
        layers.active = layers[record.uv_layer]
    for name in _ORIGIN:
        if target.get(name) is not None:
            del target[name]
    for name, value in json.loads(record.origin).items():
        target[name] = value
    _kept(target).shown = number


def put_mesh(target: bpy.types.Object, mesh: bpy.types.Mesh) -> None:
    """Give the object another mesh; its versions go on to point to the one that it had.

    Raises ValueError in any mode but Object Mode.
    """
    _check_mode(target)
    before = _mesh_of(target)
    for each in _kept(target).versions:
        if each.mesh is None:
            each.mesh = before
        if each.mesh == mesh:
            each.mesh = None
    target.data = mesh


def _check_mode(target: bpy.types.Object) -> None:
    if target.mode != "OBJECT":
        raise ValueError(f"'{target.name}' is in another mode; leave to Object Mode first.")


def _mesh_of_its_own(target: bpy.types.Object, mesh: bpy.types.Mesh) -> bpy.types.Mesh:
    """The mesh of a version, copied where another object shows it: a duplicated object's versions point to the same."""
    if all(each == target or each.data != mesh for each in bpy.data.objects):
        return mesh
    own = mesh.copy()
    assert own is not None, "meshes can be copied"
    for each in _kept(target).versions:
        if each.mesh == mesh:
            each.mesh = own
    return own


def remove_other_versions(target: bpy.types.Object) -> int:
    """Forget every version but the one that is shown, and what only they used; how many there were.

    Materials go too that the mesh still held behind those that the object shows, if no other object has the mesh.
    """
    kept = _kept(target)
    others = [each.number for each in kept.versions if each.number != kept.shown]
    for number in others:
        forget_version(target, number)
    if others:
        _let_go_of_hidden(target)
    return len(others)


def _let_go_of_hidden(target: bpy.types.Object) -> None:
    """Let the mesh hold the materials that the object shows, in place of those that nobody sees any more."""
    mesh = _mesh_of(target)
    if mesh.library is not None or any(each.data == mesh for each in bpy.data.objects if each != target):
        return
    hidden = []
    for index, slot in enumerate(target.material_slots):
        if slot.link == "OBJECT" and slot.material is not None and mesh.materials[index] != slot.material:
            hidden.append(mesh.materials[index])
            mesh.materials[index] = slot.material
    for material in dict.fromkeys(each for each in hidden if each is not None):
        remove_unused(material)


def forget_version(target: bpy.types.Object, number: int) -> None:
    """Forget one version, and what nothing else uses. The object stays as it is. Raises ValueError for no such one."""
    kept = _kept(target)
    record = _record(target, number)
    mesh = record.mesh
    materials = {slot.material.name: slot.material for slot in record.slots if slot.material is not None}
    kept.versions.remove(next(index for index, each in enumerate(kept.versions) if each.number == number))
    if kept.shown == number:
        kept.shown = 0
    if mesh is not None and not mesh.users:
        bpy.data.meshes.remove(mesh)
    for material in materials.values():
        remove_unused(material)


def remove_unused(material: bpy.types.Material) -> None:
    """Delete a material that nothing uses, with its images that nothing else uses."""
    if material.users or material.library is not None:
        return
    nodes = material.node_tree.nodes if material.node_tree else ()
    images = [node.image for node in nodes if isinstance(node, bpy.types.ShaderNodeTexImage) and node.image]
    bpy.data.materials.remove(material)
    for image in {each.name: each for each in images}.values():
        if not _is_used(image):
            bpy.data.images.remove(image)


def _is_used(image: bpy.types.Image) -> bool:
    """Looked up, for Blender 4.2 counts one user too many for each copy of a material."""
    return image.use_fake_user or any(bpy.data.user_map(subset=[image]).values())


def put_material(target: bpy.types.Object, material: bpy.types.Material) -> None:
    """Give the object this material everywhere; objects that share its mesh keep theirs."""
    if not target.material_slots:
        _mesh_of(target).materials.append(None)
    for slot in target.material_slots:
        slot.link = "OBJECT"
        slot.material = material


def _put_slots(target: bpy.types.Object, record: AnyTo3DVersion) -> None:
    materials = _mesh_of(target).materials
    while len(materials) < len(record.slots):
        materials.append(None)
    if not record.slots and not any(materials):
        for slot in target.material_slots:
            slot.material = None  # else the object would go on holding it, in no slot
        _clear_slots(_mesh_of(target))
    for slot, kept in zip(target.material_slots, record.slots, strict=False):
        if kept.link == "DATA" and slot.link == "OBJECT":
            slot.material = None  # else the object would go on holding it, unseen
        slot.link = kept.link
        if slot.material != kept.material:
            slot.material = kept.material


def _clear_slots(mesh: bpy.types.Mesh) -> None:
    """Take away the mesh's slots, which are empty. Taking away one by one, Blender would leave the object's own."""
    index = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("material_index", index)
    mesh.materials.clear()
    if index.any():  # clearing has set them to 0
        mesh.polygons.foreach_set("material_index", index)


def _is_present(target: bpy.types.Object, record: AnyTo3DVersion) -> bool:
    slots = [(slot.material, slot.link) for slot in target.material_slots]
    return record.mesh is None and slots == [(slot.material, slot.link) for slot in record.slots]


def _version(target: bpy.types.Object, record: AnyTo3DVersion) -> Version:
    mesh = record.mesh or _mesh_of(target)
    materials = tuple(slot.material.name if slot.material else "" for slot in record.slots)
    is_shown = record.number == _kept(target).shown
    return Version(record.number, record.label, record.request_id, mesh.name, materials, is_shown, record.base)


def _record(target: bpy.types.Object, number: int) -> AnyTo3DVersion:
    for each in _kept(target).versions:
        if each.number == number:
            return each
    known = ", ".join(str(each.number) for each in _kept(target).versions) or "none"
    raise ValueError(f"'{target.name}' has no version {number}; it has {known}.")


def _origin_of(target: bpy.types.Object) -> dict[str, str | int | float | bool]:
    return {name: target[name] for name in _ORIGIN if isinstance(target.get(name), (str, int, float, bool))}


def _active_layer(target: bpy.types.Object) -> str:
    active = _mesh_of(target).uv_layers.active
    return active.name if active else ""


def _kept(target: bpy.types.Object) -> AnyTo3DObject:
    return target.any_to_3d  # type: ignore[attr-defined]


def _mesh_of(target: bpy.types.Object) -> bpy.types.Mesh:
    assert isinstance(target.data, bpy.types.Mesh), "only meshes have versions"
    return target.data


CLASSES = (*retexture_mark.CLASSES, AnyTo3DSlot, AnyTo3DVersion, AnyTo3DObject)


def register() -> None:
    bpy.types.Object.any_to_3d = bpy.props.PointerProperty(type=AnyTo3DObject)  # type: ignore[attr-defined]


def unregister() -> None:
    del bpy.types.Object.any_to_3d  # type: ignore[attr-defined]
