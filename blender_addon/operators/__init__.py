"""What the artist and scripts can do, as ``bpy.ops.any_to_3d.*``: one module for each thing it is done to."""

from . import backend, batch, demo, history, jobs, objects, prompt_sources, queue, trouble, user_presets

CLASSES = (
    *jobs.CLASSES,
    *history.CLASSES,
    *prompt_sources.CLASSES,
    *queue.CLASSES,
    *user_presets.CLASSES,
    *backend.CLASSES,
    *trouble.CLASSES,
    *objects.CLASSES,
    *batch.CLASSES,
    *demo.CLASSES,
)
