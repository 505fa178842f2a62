"""What the artist and scripts can do, as ``bpy.ops.any_to_3d.*``: one module for each thing it is done to."""

from . import (
    backend,
    batch,
    connection,
    demo,
    generate,
    history,
    jobs,
    objects,
    pausing,
    prompt_sources,
    queue,
    surroundings,
    trouble,
    user_presets,
)

CLASSES = (
    *generate.CLASSES,
    *jobs.CLASSES,
    *connection.CLASSES,
    *pausing.CLASSES,
    *history.CLASSES,
    *prompt_sources.CLASSES,
    *queue.CLASSES,
    *surroundings.CLASSES,
    *user_presets.CLASSES,
    *backend.CLASSES,
    *trouble.CLASSES,
    *objects.CLASSES,
    *batch.CLASSES,
    *demo.CLASSES,
)
