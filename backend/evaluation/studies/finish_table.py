"""The finish of some objects beside their props', in one table: seen prompts, held-out ones, all of them."""

import math
from collections.abc import Callable, Sequence

from ..archive import Failure
from ..bootstrap import Mean, bootstrap_mean
from ..case import Case
from ..document import Cell, Table
from ..measures.finish import THIN_RADIUS, TOLERANCE, Finish
from ..scores import SIZE, PhaseScores

Finished = tuple[Case, PhaseScores]
"""An object and the scores of its delivered mesh."""

_Measure = Callable[[Finish], float | None]
_Average = Callable[[Sequence[float]], Mean]

EXPLANATION = (
    "Finish of the objects, beside their props from the same cameras. *Speckle* is the grain of smooth places over the"
    " prop's, *sharpness* the change of luminance from pixel to pixel, speckle removed, over the prop's (geometric"
    " means); *baked-in ground* is how much more of the surface than of the prop's is white as the ground; *thin parts*"
    f" is the share found within {TOLERANCE} pixels of what is narrower than {2 * THIN_RADIUS + 1} of {SIZE} pixels in"
    " the prop's silhouettes, over the objects whose prop has any (a part that has grown thick counts as found):"
)


def geometric_mean(values: Sequence[float]) -> Mean:
    """With its bootstrap interval, so that one prop of hardly any grain does not drown the others; values > 0."""
    logarithms = bootstrap_mean([math.log(value) for value in values])
    return Mean(math.exp(logarithms.mean), math.exp(logarithms.low), math.exp(logarithms.high))


_ROWS: tuple[tuple[str, str, _Measure, _Average], ...] = (
    ("speckle, x the prop's", "1", lambda finish: finish.speckle_ratio, geometric_mean),
    ("sharpness, x the prop's", "1", lambda finish: finish.sharpness_ratio, geometric_mean),
    ("baked-in ground, % of the surface", "0", lambda finish: 100 * finish.extra_white, bootstrap_mean),
    ("thin parts found", "1", lambda finish: finish.thin_recall, bootstrap_mean),
)


def finish_parts(finished: Sequence[Finished], failures: Sequence[Failure]) -> list[str | Table]:
    """What the measures are and the table; nothing where no record has them.

    A mean of fewer objects than the group has, failed ones included, says of how many.
    """
    if all(scores.finish is None for _, scores in finished):
        return []
    rows: list[tuple[Cell, ...]] = [
        (heading, ideal, *(_mean(finished, failures, group, measure, average) for group in (False, True, None)))
        for heading, ideal, measure, average in _ROWS
    ]
    return [EXPLANATION, Table(("", "ideal", "seen", "held out", "all"), tuple(rows))]


def _mean(
    finished: Sequence[Finished],
    failures: Sequence[Failure],
    held_out: bool | None,
    measure: _Measure,
    average: _Average,
) -> Mean | str | None:
    wanted = (True, False) if held_out is None else (held_out,)
    found = [
        None if scores.finish is None else measure(scores.finish)
        for case, scores in finished
        if case.target.is_held_out in wanted
    ]
    found += [None for failure in failures if failure.case.target.is_held_out in wanted]
    values = [value for value in found if value is not None]
    if not values:
        return None
    mean = average(values)
    return mean if len(values) == len(found) else f"{mean}, {len(values)} of {len(found)}"
