"""What the ways of a mesh into Blender are called in C8, on both sides of the process border."""

NEW, MOVED = "ours, new topology", "ours, positions and colours"
PEER = "trimesh GLB export + import_scene.gltf"
