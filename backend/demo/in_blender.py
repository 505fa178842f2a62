"""The part of the demo that runs inside Blender: install the add-on, press its buttons, watch, save, render.

Started by run.py as ``python in_blender.py ORDER.json`` (a Python with bpy) or ``blender --background --python ...``.
It knows the add-on as an artist does, by its operators and its panel's data, and imports nothing of this package. What
happens is told on standard output, as JSON lines behind ``MARK``.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
import time
import traceback
from pathlib import Path
from types import ModuleType
from typing import Protocol

import bpy

# isort: split
import addon_utils  # exists once bpy is imported

MARK = "@any-to-3d "
PACKAGE = "bl_ext.user_default.any_to_3d"

_STREAMED_TILES = 8
_VIEWS = 8
_TILE = 200
_SAMPLES = 24
_CONNECT_TIMEOUT = 150.0
_JOB_TIMEOUT = 3600.0


class DemoError(RuntimeError):
    """The demo cannot go on; the message is for the person who ran it."""


def main(order_path: Path) -> None:
    """Follow the order; see run.py for its fields."""
    order = json.loads(order_path.read_text(encoding="utf-8"))
    out = Path(order["out"])
    _tell("stage", text="Installing the add-on in Blender " + bpy.app.version_string)
    _install(order["addon"])
    _tell("stage", text="Starting the backend")
    _start_backend(order["program"], order["arguments"])
    streamed, report = _generate(order)
    target = next(each for each in bpy.data.objects if each.get("any_to_3d_is_final"))
    assert isinstance(target.data, bpy.types.Mesh), "the add-on makes meshes only"
    _tell("stage", text="Saving and rendering")
    _save(target, out)
    _render_sheet(target.data, streamed, Path(order["tiles"]))
    _operators().stop_backend()
    addon_utils.disable(PACKAGE)
    _tell("done", **report)


def _tell(event: str, **details: object) -> None:
    print(MARK + json.dumps({"event": event, **details}), flush=True)


def _install(addon: str) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=False)
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    bpy.ops.extensions.package_install_files(filepath=addon, repo="user_default", enable_on_install=True)
    if PACKAGE not in bpy.context.preferences.addons:
        raise DemoError(f"Blender {bpy.app.version_string} did not enable {addon}.")


def _start_backend(program: str, arguments: str) -> None:
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    preferences.command, preferences.arguments = program, arguments
    _operators().start_backend(use_free_port=True)
    _operators().wait(timeout=_CONNECT_TIMEOUT)
    _wait_for_models()


def _wait_for_models() -> None:
    """An artist writes a prompt meanwhile; the demo has its own already, and would time the loading too."""
    _tell("stage", text="Loading the models")
    pump = importlib.import_module(f"{PACKAGE}.blender_addon.pump")
    deadline = time.monotonic() + _CONNECT_TIMEOUT
    while (backend := pump.link().session.backend) is None or backend.device == "starting":
        if time.monotonic() > deadline:
            raise DemoError(f"The backend's worker was not ready after {_CONNECT_TIMEOUT:.0f} s.")
        pump.step()
        time.sleep(0.02)


def _operators() -> ModuleType:
    """The add-on's operators, which the stubs of Blender do not know."""
    operators: ModuleType = bpy.ops.any_to_3d  # type: ignore[attr-defined]
    return operators


def _generate(order: dict) -> tuple[list[bpy.types.Mesh], dict]:
    """Press Generate and pump until the object is final; copies of what was streamed, and the times."""
    pump = importlib.import_module(f"{PACKAGE}.blender_addon.pump")
    link = pump.link()
    _operators().generate(prompt=order["text"], preset=order["preset"], seed=order["seed"])
    begun, first_mesh, streamed, told = time.monotonic(), None, [], None
    while not link.is_settled:
        applied = link.display.shown_count
        pump.step()
        now = time.monotonic() - begun
        if now > _JOB_TIMEOUT:
            raise DemoError(f"The job was not done after {_JOB_TIMEOUT / 60:.0f} minutes.")
        if link.display.shown_count != applied:
            first_mesh = now if first_mesh is None else first_mesh
            streamed += _copy_of_live_mesh()
        job = link.session.jobs[-1]
        if job is not told:
            told = job
            _tell_progress(job, len(streamed))
        time.sleep(0.005)
    if link.session.trouble is not None:
        raise DemoError(f"{link.session.trouble.message} {link.session.trouble.hint}".strip())
    total = time.monotonic() - begun
    return streamed, {"first_mesh": first_mesh, "snapshots": len(streamed), "total": total, "notice": job.notice}


def _copy_of_live_mesh() -> list[bpy.types.Mesh]:
    live = next(each for each in bpy.data.objects if each.get("any_to_3d_job"))
    assert isinstance(live.data, bpy.types.Mesh), "the add-on makes meshes only"
    mesh = live.data.copy()
    assert mesh is not None, "a copy of a mesh is a mesh"
    return [] if live["any_to_3d_is_final"] else [mesh]


class _Job(Protocol):
    """What the demo reads of the add-on's job."""

    phase: str
    activity: str
    state: str
    overall: float
    seconds_left: float | None


def _tell_progress(job: _Job, snapshots: int) -> None:
    phase = job.phase or job.activity or job.state
    _tell("progress", phase=phase, overall=job.overall, seconds_left=job.seconds_left, snapshots=snapshots)


def _save(target: bpy.types.Object, out: Path) -> None:
    for screen in bpy.data.screens:
        for area in screen.areas:
            if area.type == "VIEW_3D":
                area.spaces.active.shading.type = "MATERIAL"
    bpy.ops.object.select_all(action="DESELECT")
    target.select_set(True)
    bpy.context.view_layer.objects.active = target
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "demo.blend"))
    addon_utils.enable("io_scene_gltf2")
    glb = str(out / "demo.glb")
    bpy.ops.export_scene.gltf(filepath=glb, export_format="GLB", use_selection=True, export_extras=True)


# --- the contact sheet, in a scene of its own, after the file was saved -----------------------------------------------


def _render_sheet(finished: bpy.types.Mesh, streamed: list[bpy.types.Mesh], tiles: Path) -> None:
    scene = bpy.data.scenes.new("Contact sheet")
    _light(scene)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    model = bpy.data.objects.new("Model", finished)
    scene.collection.objects.link(model)
    shown = _spread(streamed, _STREAMED_TILES)
    material = _vertex_color_material()
    for index, mesh in enumerate(shown):
        mesh.materials.clear()
        mesh.materials.append(material)
        model.data = mesh
        _aim(camera, mesh, math.radians(30))
        _render(scene, tiles / f"streamed_{index}.png")
    model.data = finished
    for index in range(_VIEWS):
        _aim(camera, finished, math.radians(index * 360 / _VIEWS))
        _render(scene, tiles / f"view_{index}.png")


def _spread(meshes: list[bpy.types.Mesh], count: int) -> list[bpy.types.Mesh]:
    """At most ``count`` of them, evenly spread, first and last included; those without a surface are left out."""
    solid = [mesh for mesh in meshes if len(mesh.polygons)]
    if len(solid) <= count:
        return solid
    return [solid[round(index * (len(solid) - 1) / (count - 1))] for index in range(count)]


def _light(scene: bpy.types.Scene) -> None:
    scene.render.engine = "CYCLES"  # type: ignore[assignment]
    # Cycles on the processor needs no graphics driver, so the sheet looks the same on a server.
    cycles = scene.cycles  # type: ignore[attr-defined]
    cycles.device, cycles.samples, cycles.use_denoising = "CPU", _SAMPLES, False
    scene.render.resolution_x = scene.render.resolution_y = _TILE
    scene.render.resolution_percentage = 100
    # The colours of the albedo, not of a film.
    scene.view_settings.view_transform = "Standard"
    world = bpy.data.worlds.new("Contact sheet")
    if bpy.app.version < (5, 0, 0):
        world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.6, 0.6, 0.6, 1.0)
    scene.world = world
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.data.angle = 2.0, 0.2
    sun.rotation_euler = (math.radians(40), 0.0, math.radians(-30))
    scene.collection.objects.link(sun)


def _vertex_color_material() -> bpy.types.Material:
    material = bpy.data.materials.new("Streamed")
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    source = nodes.new("ShaderNodeVertexColor")
    source.layer_name = "Color"
    links.new(source.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
    return material


def _aim(camera: bpy.types.Object, mesh: bpy.types.Mesh, azimuth: float) -> None:
    """Look from this azimuth, 18 degrees from above, with the whole mesh in view; 0 looks at the front, from -Y."""
    corners = [vertex.co for vertex in mesh.vertices]
    low = [min(corner[axis] for corner in corners) for axis in range(3)]
    high = [max(corner[axis] for corner in corners) for axis in range(3)]
    centre = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
    distance = 1.35 * math.dist(low, high)
    elevation = math.radians(18)
    direction = (
        math.cos(elevation) * math.sin(azimuth),
        -math.cos(elevation) * math.cos(azimuth),
        math.sin(elevation),
    )
    camera.location = [middle + distance * part for middle, part in zip(centre, direction, strict=True)]
    camera.rotation_euler = (math.pi / 2 - elevation, 0.0, azimuth)
    camera.data.angle = math.radians(45)
    camera.data.clip_start, camera.data.clip_end = distance / 100, distance * 10


def _render(scene: bpy.types.Scene, path: Path) -> None:
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True, scene=scene.name)


if __name__ == "__main__":
    status = 1
    try:
        main(Path(sys.argv[-1]))
        status = 0
    except (DemoError, RuntimeError) as error:
        # Blender's operators raise RuntimeError("Error: the report").
        _tell("failed", text=str(error).removeprefix("Error: ").strip())
        traceback.print_exc()
    except Exception as error:
        _tell("failed", text=f"{type(error).__name__}: {error}")
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Several releases of bpy crash or hang while Python shuts down.
        os._exit(status)
