"""Sentences that several studies of a report share."""

from collections.abc import Sequence

from .archive import Failure


def listed(names: Sequence[str]) -> str:
    """The names with commas between them, or a word for none."""
    return ", ".join(names) or "none"


def counted(number: int, noun: str) -> str:
    """The number and the noun, in the plural unless it is one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def failure_list(failures: Sequence[Failure]) -> str:
    """The cases without an object, and why."""
    return "Failed:\n\n" + "\n".join(f"- {failure.case.label}: {failure.why}" for failure in failures)


def progress_note(done: int, failed: int, wanted: int) -> str:
    """What to say of a study whose objects are not all made yet; empty if they are."""
    missing = wanted - done - failed
    return f"**Not finished**: {missing} of {wanted} objects are still to be made." if missing else ""


def sound_obstacle(modalities: Sequence[str]) -> str:
    """Why there can be no sound prompts; empty if there can."""
    if "audio" in modalities:
        return ""
    return f"These models take {' and '.join(modalities)}, no sound, so nothing was measured."
