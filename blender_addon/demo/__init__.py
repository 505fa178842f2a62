"""Demo mode: a backend without models, in a process of Blender's own Python, which plays one recorded job."""
