"""Run by the test in an interpreter with bpy: imports a GLB into an empty scene and prints what arrived as JSON."""

import json
import sys

import bpy
import numpy as np

bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.import_scene.gltf(filepath=sys.argv[1])
(model,) = [item for item in bpy.context.scene.objects if item.type == "MESH"]
mesh = model.data
positions = np.array([tuple(model.matrix_world @ vertex.co) for vertex in mesh.vertices])
(shader,) = [node for node in mesh.materials[0].node_tree.nodes if node.type == "BSDF_PRINCIPLED"]
image = shader.inputs["Base Color"].links[0].from_node.image
corners = [
    [*positions[mesh.loops[loop].vertex_index].tolist(), *mesh.uv_layers.active.data[loop].uv]
    for polygon in mesh.polygons
    for loop in polygon.loop_indices
]
report = {
    "faces": len(mesh.polygons),
    "low": positions.min(axis=0).tolist(),
    "high": positions.max(axis=0).tolist(),
    "image": list(image.size),
    "top_left": list(image.pixels[:])[4 * image.size[0] * (image.size[1] - 1) :][:3],
    "corners": corners[:12],
    "metallic": float(shader.inputs["Metallic"].default_value),
    "roughness": shader.inputs["Roughness"].default_value,
}
print("REPORT " + json.dumps(report))
