"""The part of addon_tick.py that runs in a Python with bpy: the add-on's ticks, timed.

python -m ratios.ticks_in_blender ADDRESS     prints one line of JSON
"""

import json
import os
import sys
import threading
import time
import uuid
from collections.abc import Sequence

import any_to_3d.blender_addon
import bpy
import numpy as np
from any_to_3d.blender_addon.link import Link
from any_to_3d.blender_addon.objects.placement import Placement
from any_to_3d.shared.messages import Submit, TextPrompt, WeightedPrompt

PAUSE = 0.03
"""The timer's shortest."""


def main(address: str) -> None:
    """Ask for a job, follow it to its end, and report."""
    any_to_3d.blender_addon.register()
    link = Link()
    link.connect(address)
    while link.session.connection != "connected":
        link.step()
        time.sleep(0.01)
    submit = Submit(uuid.uuid4().hex, (WeightedPrompt(TextPrompt("a ball")),), preset="draft")
    link.generate(submit, "a ball", Placement((0.0, 0.0, 0.0), 1.0, bpy.context.scene.name), (), {})
    all_ticks, showing = [], []
    while link.session.active_jobs:
        applied = link.display.shown_count
        wall, cpu = time.perf_counter(), time.process_time()
        link.step()
        taken = (1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu))
        all_ticks.append(taken)
        if link.display.shown_count > applied:
            showing.append(taken)
        # What the artist sees costs too, but Blender would pay it for any change of a mesh.
        bpy.context.view_layer.update()
        time.sleep(PAUSE)
    threads = threading.active_count()
    link.close()
    report = {"blender": bpy.app.version_string, "threads": threads, "all": _of(all_ticks), "showing": _of(showing)}
    sys.stdout.write("\n" + json.dumps(report) + "\n")
    sys.stdout.flush()
    os._exit(0)  # several bpy releases crash while Python shuts down


def _of(ticks: Sequence[tuple[float, float]]) -> dict[str, float]:
    wall, cpu = np.array(ticks).T
    return {
        "ticks": len(ticks),
        "median_ms": round(float(np.median(wall)), 3),
        "p99_ms": round(float(np.percentile(wall, 99)), 3),
        "cpu_median_ms": round(float(np.median(cpu)), 3),
        "cpu_p99_ms": round(float(np.percentile(cpu, 99)), 3),
    }


if __name__ == "__main__":
    main(sys.argv[1])
