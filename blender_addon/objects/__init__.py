"""What becomes of meshes in Blender: objects, materials, textures, places, and what is made of finished ones."""
