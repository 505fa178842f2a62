"""The sidebar tab: panels draw the session and the scene's settings, and decide nothing."""

from __future__ import annotations

from . import backend, batch, generation, history, iteration, progress, prompt, queue, result, retexture, selected

CLASSES = (
    *prompt.CLASSES,
    generation.RemovePresetMenu,
    generation.PresetMenu,
    generation.GenerationPanel,
    *result.CLASSES,
    progress.ProgressPanel,
    iteration.ApprovalPanel,
    queue.QueuePanel,
    history.HistoryList,
    history.HistoryPanel,
    *batch.CLASSES,
    *selected.CLASSES,
    *iteration.CLASSES,
    *retexture.CLASSES,
    backend.BackendPanel,
    backend.BackendLogPanel,
    backend.LicencesPanel,
)
"""In the order of the tab."""
