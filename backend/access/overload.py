"""Whether connections use up what the process needs: open files, by silent ones, or memory, by endless messages.

libzmq neither counts connections nor bounds a message of many frames; where files run out it may end the process.
"""

import errno
import sys
from collections.abc import Callable

import psutil

LOOK_SECONDS = 0.25
QUIET_SECONDS = 30.0
"""After memory was found short, so long it is not looked at: what jobs need is not freed by hanging up."""

MOST_FILES = 0.75
MOST_MEMORY = 0.5
"""Shares of the limit of open files and of the computer's memory."""


class Overload:
    """Asked each turn; looks at most four times a second."""

    def __init__(
        self,
        open_files: Callable[[], int] | None = None,
        file_limit: Callable[[], int] | None = None,
        memory_share: Callable[[], float] | None = None,
    ) -> None:
        process = psutil.Process()
        self._open_files = open_files or (process.num_fds if sys.platform != "win32" else lambda: 0)
        self._file_limit = file_limit or _file_limit
        self._memory_share = memory_share or (lambda: process.memory_percent() / 100)
        self._look_at = float("-inf")
        self._look_at_memory = float("-inf")

    def reason(self, now: float) -> str:
        """Why all connections should be dropped now, for the log; empty while all is well."""
        if now < self._look_at:
            return ""
        self._look_at = now + LOOK_SECONDS
        files, limit = self._count_files(), self._file_limit()
        if files > MOST_FILES * limit:
            return f"open_files={files} limit={limit}"
        if now >= self._look_at_memory and (share := self._memory_share()) > MOST_MEMORY:
            self._look_at_memory = now + QUIET_SECONDS
            return f"memory_share={share:.2f}"
        return ""

    def _count_files(self) -> int:
        try:
            return self._open_files()
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            return self._file_limit()  # to count them would need one more


def _file_limit() -> int:
    if sys.platform == "win32":
        return 2**31
    import resource

    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 2**31 if soft == resource.RLIM_INFINITY else soft
