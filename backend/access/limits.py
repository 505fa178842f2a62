"""How much one client may ask of a backend, and the bucket that measures it. No clock, no IO."""

from dataclasses import dataclass

from ...shared.messages import AudioPrompt, ImagePrompt, Problem, Submit


@dataclass(frozen=True)
class Limits:
    """Of one client: of one key, or without keys of one connection. Far above what a person at a panel needs.

    bursts: what may come at once after a time of quiet.  waiting: jobs that have not begun, and the bytes of their
    requests.  connections: that are remembered at once; of more, the longest silent one is forgotten.
    """

    messages_per_second: float = 200.0
    message_burst: float = 2000.0
    bytes_per_second: float = 64 * 2**20
    byte_burst: float = 2**30
    waiting_jobs: int = 2000
    waiting_bytes: int = 2**30
    connections: int = 1024


class Bucket:
    """Fills by so much a second up to its size, and is taken from."""

    def __init__(self, per_second: float, size: float) -> None:
        self._per_second, self._size = per_second, size
        self._level = size
        self._filled_at: float | None = None

    def take(self, amount: float, now: float) -> bool:
        """Whether there was so much in it, which then is taken out; seconds from any start, never running back."""
        if self._filled_at is not None:
            self._level = min(self._size, self._level + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        if amount > self._level:
            return False
        self._level -= amount
        return True


def bytes_of(submit: Submit) -> int:
    """What a request holds in pictures, sounds and meshes."""
    files = [part.prompt.data for part in submit.prompts if isinstance(part.prompt, (ImagePrompt, AudioPrompt))]
    mesh = submit.source.mesh if submit.source is not None else None
    arrays = [] if mesh is None else [mesh.vertices, mesh.faces, mesh.uvs, mesh.uv_faces, mesh.albedo, mesh.mask]
    return sum(map(len, files)) + sum(array.nbytes for array in arrays if array is not None)


@dataclass(frozen=True)
class Waiting:
    """Of one client: how many of its jobs have not begun, and the bytes of their requests."""

    jobs: int
    bytes: int


def too_many_waiting(limits: Limits, waiting: Waiting, asked: Submit) -> Problem | None:
    """Why a further request of a client with these waiting ones is refused, or None."""
    hint = "Wait until some have begun, or take some out of the queue."
    if waiting.jobs >= limits.waiting_jobs:
        message = f"You have {waiting.jobs} jobs waiting; at most {limits.waiting_jobs} are allowed."
        return Problem("unavailable", message, hint)
    if waiting.bytes + bytes_of(asked) > limits.waiting_bytes:
        most = limits.waiting_bytes >> 20
        message = f"The pictures, sounds and meshes of your waiting jobs would exceed {most} MiB."
        return Problem("unavailable", message, hint)
    return None
