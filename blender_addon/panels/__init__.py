"""The sidebar tab: panels draw the session and the scene's settings, and decide nothing."""

from __future__ import annotations

from . import backend, generation, progress, prompt, queue

CLASSES = (
    prompt.PromptPanel,
    generation.PresetMenu,
    generation.GenerationPanel,
    progress.ProgressPanel,
    queue.QueuePanel,
    backend.BackendPanel,
)
"""In the order of the tab."""
