"""``any-to-3d jobs prune``: jobs that a rule lets go, and what is in the data folder without being whole."""

from collections.abc import Iterator, Sequence

from .retention import BYTES_OF_A_GB, Rule, to_delete
from .store import JobStore, StoredJob


def prune(
    store: JobStore, rule: Rule, now: float, takes_unrecorded: bool, is_dry: bool, heeds_files: bool = True
) -> Iterator[str]:
    """Delete, or if ``is_dry`` only name, and say so in lines for people. ``now`` is in Unix seconds. Raises OSError.

    A record whose folder was taken away holds nothing but its request, and counts as the oldest. A folder without a
    record goes if it is empty, as after a crash amid a submit; one with files only if ``takes_unrecorded``.
    heeds_files: leave jobs alone that a client's saved file refers to.
    """
    recorded, unrecorded = store.stored_jobs(heeds_files), store.unrecorded()
    empty = [job for job in unrecorded if not job.bytes and not job.is_kept]
    full = [job for job in unrecorded if job.bytes and not job.is_kept]
    chosen = to_delete(recorded, rule, now)
    gone, room = 0, 0
    for job in (*chosen, *empty, *(full if takes_unrecorded else ())):
        # Pins are files: one may have been set since.
        if store.is_kept(job.job_id, heeds_files):
            continue
        if not is_dry:
            store.delete(job.job_id)
        gone, room = gone + 1, room + job.bytes
        yield f"{job.job_id} {job.state}{'' if job.has_folder else ', its files are gone'}, {_gigabytes(job.bytes)} GB"
    would = "would go" if is_dry else "deleted"
    yield f"{gone} jobs {would}, {_gigabytes(room)} GB"
    if in_files := [job for job in recorded if job.is_in_file and job.is_kept]:
        total = _gigabytes(sum(job.bytes for job in in_files))
        yield f"{len(in_files)} jobs, {total} GB, stay because a saved .blend refers to them; see --even-in-files"
    yield from _what_is_not_whole(recorded, chosen, empty, full, would, takes_unrecorded)
    if not is_dry:
        store.shrink()


def _what_is_not_whole(
    recorded: Sequence[StoredJob],
    chosen: Sequence[StoredJob],
    empty: Sequence[StoredJob],
    full: Sequence[StoredJob],
    would: str,
    takes_unrecorded: bool,
) -> Iterator[str]:
    if bare := [job for job in recorded if not job.has_folder and not job.is_kept]:
        going = [job for job in bare if job in chosen]
        yield f"{len(bare)} records had no folder any more; {len(going)} of them {would}"
    if empty:
        yield f"{len(empty)} empty folders had no record; they {would.replace('deleted', 'were deleted')}"
    if full and not takes_unrecorded:
        room = _gigabytes(sum(job.bytes for job in full))
        yield f"{len(full)} folders with files have no record, {room} GB; --unrecorded deletes them"


def _gigabytes(size: int) -> str:
    return f"{size / BYTES_OF_A_GB:.3f}"
