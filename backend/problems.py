"""Exceptions of a job as problems for a person; torch is not imported, its out-of-memory error is known by name."""

import logging
import traceback

from ..shared.messages import Problem
from .stored_checkpoints import NoSuchCheckpoint

log = logging.getLogger(__name__)

OUT_OF_MEMORY_HINT = "Choose a smaller preset, close other programs that use the device, or use --profile builtin."


def is_out_of_memory(error: Exception) -> bool:
    """Of the device or of the computer; cuBLAS and cuDNN have words of their own for it."""
    if isinstance(error, MemoryError) or "OutOfMemory" in type(error).__name__:
        return True
    return "out of memory" in str(error).lower() or "STATUS_ALLOC_FAILED" in str(error)


def problem_of(error: Exception) -> Problem:
    """What to tell the artist; an error nobody foresaw is also logged with its traceback."""
    if is_out_of_memory(error):
        return Problem("out_of_memory", f"The device ran out of memory: {_first_line(error)}", OUT_OF_MEMORY_HINT)
    if isinstance(error, FileNotFoundError):
        return Problem("missing_weights", str(error), "Run 'any-to-3d doctor' to see what is missing and where.")
    if isinstance(error, OSError):
        hint = "Check the free space and the permissions of the backend's data folder."
        return Problem("internal", f"A file could not be written or read: {_first_line(error)}", hint)
    if isinstance(error, NoSuchCheckpoint):
        return Problem("unavailable", str(error), "Choose another state or another job, or generate the object again.")
    if type(error).__name__ == "GenerationFailed":
        return Problem("internal", str(error), "Try another seed, or other words.")
    if isinstance(error, ValueError):
        return Problem("bad_request", str(error))
    log.error("error=unexpected\n%s", "".join(traceback.format_exception(error)))
    hint = "This is a defect: please report it with the backend's log."
    return Problem("internal", f"{type(error).__name__}: {_first_line(error)}", hint)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no details"])[0][:500]
