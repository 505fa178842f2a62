"""Numbers from a command line, refused with what was got and what is allowed before any work is done."""

import math


def require_at_least(option: str, got: int, least: int) -> None:
    """Raises ValueError below `least`."""
    if got < least:
        raise ValueError(f"--{option}: got {got}; need at least {least}")


def require_more_than_0(option: str, got: float) -> None:
    """Raises ValueError for 0, what is less, infinity and what is no number."""
    if not (got > 0.0 and math.isfinite(got)):
        raise ValueError(f"--{option}: got {got}; need a finite number above 0")
