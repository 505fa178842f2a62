"""Put the run after a step where a job's checkpoints lie."""

from pathlib import Path

from .durable_file import replaced
from .generator import checkpoint
from .generator.generate import Step
from .stored_checkpoints import file_of, forget_within_phase


def save_step(step: Step, folder: Path) -> None:
    """Write the state; that of a phase's end takes the place of those within it. Raises OSError for a full disk."""
    name, ends_phase = step.phase.name, step.ends_phase
    with replaced(file_of(folder, name, ends_phase)) as path:
        checkpoint.save(step, path)
    if ends_phase:
        forget_within_phase(folder)
