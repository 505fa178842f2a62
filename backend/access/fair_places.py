"""Where a waiting job goes when its client moves it: to a place of that client's own jobs, never another's. Pure."""

from collections.abc import Callable, Sequence


def moved(waiting: Sequence[str], job_id: str, place: int, is_own: Callable[[str], bool]) -> list[str]:
    """The queue after the job was asked to be the ``place``-th, from 1; jobs that are not own keep their places.

    The job takes the last of the own places that is not behind the wanted one, or the first.

    >>> moved(["a", "x", "b", "c"], "c", 2, lambda job: job != "x")
    ['c', 'x', 'a', 'b']
    """
    places = [index for index, job in enumerate(waiting) if is_own(job)]
    own = [waiting[index] for index in places if waiting[index] != job_id]
    own.insert(max(0, sum(index < place for index in places) - 1), job_id)
    result = list(waiting)
    for index, job in zip(places, own, strict=True):
        result[index] = job
    return result
