"""The sidebar tab: panels draw the session and the scene's settings, and decide nothing."""

from __future__ import annotations

from . import backend, generation, history, progress, prompt, queue

CLASSES = (
    *prompt.CLASSES,
    generation.PresetMenu,
    generation.GenerationPanel,
    progress.ProgressPanel,
    queue.QueuePanel,
    history.HistoryList,
    history.HistoryPanel,
    backend.BackendPanel,
)
"""In the order of the tab."""
