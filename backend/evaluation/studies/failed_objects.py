"""What objects that failed do to a mean: they retrieve nothing, and of shape, likeness and time they have none."""

from collections.abc import Sequence

from ..bootstrap import Mean, bootstrap_mean


def retrieval_mean(values: Sequence[float], failed: int) -> Mean | None:
    """Of a retrieval by the objects that were made, ``failed`` others counting zero; None where there is neither."""
    every = [*values, *[0.0] * failed]
    return bootstrap_mean(every) if every else None


def mean_of_made(values: Sequence[float], failed: int) -> Mean | str | None:
    """Of a measure that only a made object has: where some failed, with how many of all it is the mean of."""
    if not values:
        return None
    mean = bootstrap_mean(values)
    return f"{mean}, {len(values)} of {len(values) + failed}" if failed else mean
