"""Props ray-traced on floors before walls, with the true outline: test pictures for benchmarks/matting.py.

any-to-3d props --out runs/ray-traced/props --count 46 --seed 7
python benchmarks/ray_traced_scenes.py --props runs/ray-traced/props --out runs/ray-traced/scenes

The second command needs a Python with the module bpy, and nothing else. Each GLB file gives one scene with floor, wall,
lamp and camera of its own, written as NAME.png (the picture) and NAME_alpha.png (how much of a pixel is object).
Shadows, light that falls off and colours that walls throw on objects are what pasted backgrounds do not have.
"""

import argparse
import colorsys
import math
import random
from pathlib import Path

import bpy
from mathutils import Vector

SIZE = 256
SAMPLES = 12
"""Few, so that some grain is left, as in a picture taken indoors."""

ALPHA_SAMPLES = 4

ROOM = 30.0
"""Side of floor and wall; the props are about 1.6 wide."""

FLOORS = ("plain", "boards", "stone", "tiles")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--props", type=Path, required=True, help="folder of GLB files")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures; those there are kept")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    props = sorted(options.props.glob("*.glb"))
    if not props:
        parser.error(f"no GLB files in {options.props}; make some with any-to-3d props --out {options.props}")
    options.out.mkdir(parents=True, exist_ok=True)
    for prop in props:
        alpha = options.out / f"{prop.stem}_alpha.png"
        if not alpha.exists():
            _make_scene(prop, random.Random(f"{options.seed} {prop.stem}"))
            _use_cycles(options.threads)
            _write_picture(options.out / f"{prop.stem}.png")
            _write_alpha(alpha)


# --- the scene --------------------------------------------------------------------------------------------------------


def _make_scene(prop: Path, rng: random.Random) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(prop))
    corners = [
        each.matrix_world @ Vector(corner)
        for each in bpy.data.objects
        if each.type == "MESH"
        for corner in each.bound_box
    ]
    low, high = (Vector(pick(corner[axis] for corner in corners) for axis in range(3)) for pick in (min, max))
    middle, radius = (low + high) / 2, (high - low).length / 2
    sight = rng.uniform(-math.pi, math.pi)
    _add_plane("floor", Vector((0, 0, low.z)), (0, 0, 0), _floor_material(rng))
    if rng.random() < 0.8:
        away = rng.uniform(1.5, 6.0) * radius
        turn = sight + rng.uniform(-0.4, 0.4)
        place = Vector((-math.sin(turn) * away, math.cos(turn) * away, 0))
        _add_plane("wall", place, (math.pi / 2, 0, turn), _material(_wall_colour(rng), rng.uniform(0.5, 1)))
    _light(rng, sight, middle, radius)
    _add_camera(rng, sight, middle, radius)


def _add_plane(name: str, place: Vector, rotation: tuple[float, float, float], material: bpy.types.Material) -> None:
    bpy.ops.mesh.primitive_plane_add(size=ROOM, location=place, rotation=rotation)
    bpy.context.object.name = name
    bpy.context.object.data.materials.append(material)


def _light(rng: random.Random, sight: float, middle: Vector, radius: float) -> None:
    """A lamp before the object or beside it, so near that the floor's brightness falls off, and the sky's light."""
    lamp = bpy.data.lights.new("lamp", "AREA")
    lamp.size = radius * rng.uniform(0.1, 3.0)
    warmth = rng.uniform(-0.2, 0.4)
    lamp.color = (1.0, 1.0 - 0.3 * max(warmth, 0) - 0.1 * max(-warmth, 0), 1.0 - max(warmth, 0))
    distance, turn, height = rng.uniform(2.5, 8.0) * radius, sight + rng.uniform(-1.2, 1.2), rng.uniform(0.5, 1.3)
    # Brightness at the object should not depend on the lamp's distance: cameras choose their exposure.
    lamp.energy = rng.uniform(40, 110) * distance**2 / 4
    holder = bpy.data.objects.new("lamp", lamp)
    holder.location = middle + distance * Vector(
        (math.sin(turn) * math.cos(height), -math.cos(turn) * math.cos(height), math.sin(height))
    )
    _point_at(holder, middle)
    sky = bpy.data.worlds.new("sky")
    bpy.context.scene.world = sky
    sky.use_nodes = True
    sky.node_tree.nodes["Background"].inputs["Color"].default_value = (*_muted(rng, 0.4, 0.9, 0.3), 1)
    sky.node_tree.nodes["Background"].inputs["Strength"].default_value = rng.uniform(0.05, 0.6)


def _add_camera(rng: random.Random, sight: float, middle: Vector, radius: float) -> None:
    """Looks past the object's middle, which so stands anywhere near the picture's own; all of it is seen."""
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    angle = rng.uniform(0.4, 0.8)
    camera.data.angle = angle
    elevation, share = rng.uniform(0.1, 0.7), rng.uniform(0.35, 0.8)
    distance = radius / math.sin(angle / 2) / share
    aside = (1 - share) * radius * 0.5
    camera.location = middle + distance * Vector(
        (math.sin(sight) * math.cos(elevation), -math.cos(sight) * math.cos(elevation), math.sin(elevation))
    )
    _point_at(camera, middle + Vector(rng.uniform(-aside, aside) for _ in range(3)))
    bpy.context.scene.camera = camera


def _point_at(thing: bpy.types.Object, target: Vector) -> None:
    thing.rotation_euler = (target - thing.location).to_track_quat("-Z", "Y").to_euler()
    bpy.context.collection.objects.link(thing)


# --- materials --------------------------------------------------------------------------------------------------------


def _muted(rng: random.Random, darkest: float, lightest: float, saturation: float) -> tuple[float, float, float]:
    return colorsys.hsv_to_rgb(rng.random(), rng.uniform(0, saturation), rng.uniform(darkest, lightest))


def _wall_colour(rng: random.Random) -> tuple[float, float, float]:
    return _muted(rng, 0.15, 0.85, 0.5)


def _material(colour: tuple[float, float, float], roughness: float) -> bpy.types.Material:
    material = bpy.data.materials.new("paint")
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour, 1)
    shader.inputs["Roughness"].default_value = roughness
    return material


def _floor_material(rng: random.Random) -> bpy.types.Material:
    """One colour, or a second one laid over it in boards, stone or tiles; some floors shine."""
    kind, first = rng.choice(FLOORS), _muted(rng, 0.08, 0.8, 0.6)
    material = _material(first, rng.choice((0.3, 0.6, 0.9)))
    if kind == "plain":
        return material
    nodes, links = material.node_tree.nodes, material.node_tree.links
    texture, factor = {
        "boards": ("ShaderNodeTexWave", "Fac"),
        "stone": ("ShaderNodeTexNoise", "Fac"),
        "tiles": ("ShaderNodeTexChecker", "Fac"),
    }[kind]
    pattern, ramp = nodes.new(texture), nodes.new("ShaderNodeValToRGB")
    place = nodes.new("ShaderNodeTexCoord")
    pattern.inputs["Scale"].default_value = rng.uniform(0.6, 2.5)
    if kind == "boards":
        pattern.inputs["Distortion"].default_value = rng.uniform(2, 8)
    contrast = rng.uniform(0.5, 0.9)
    ramp.color_ramp.elements[0].color = (*(contrast * each for each in first), 1)
    ramp.color_ramp.elements[1].color = (*first, 1)
    links.new(place.outputs["Object"], pattern.inputs["Vector"])
    links.new(pattern.outputs[factor], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
    return material


# --- pictures ---------------------------------------------------------------------------------------------------------


def _use_cycles(threads: int) -> None:
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = SAMPLES
    scene.cycles.max_bounces = 4
    scene.cycles.use_denoising = False
    scene.render.threads_mode, scene.render.threads = "FIXED", threads
    scene.render.resolution_x = scene.render.resolution_y = SIZE
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "PNG"


def _write_picture(path: Path) -> None:
    scene = bpy.context.scene
    scene.render.image_settings.color_mode = "RGB"
    _render(path)


def _write_alpha(path: Path) -> None:
    """The object stands on the floor and before the wall, so that neither hides any of it."""
    scene = bpy.context.scene
    for name in ("floor", "wall"):
        if name in bpy.data.objects:
            bpy.data.objects[name].hide_render = True
    scene.cycles.max_bounces, scene.cycles.samples = 0, ALPHA_SAMPLES
    scene.render.film_transparent = True
    scene.render.image_settings.color_mode = "RGBA"
    _render(path)


def _render(path: Path) -> None:
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main()
