"""Every connection needs a file descriptor, even a silent one; let this process have as many as it may."""

import os
import sys
from contextlib import suppress


def allow_many_connections() -> None:
    """Raise the limit of open files to the most that the system grants without asking. Windows has no such limit."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # macOS calls the hard limit infinite and then grants less: what is granted now is good enough there.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= soft


def can_open_files(count: int) -> bool:
    """Whether so many more could be opened now."""
    opened: list[int] = []
    try:
        while len(opened) < count:
            opened.append(os.open(os.devnull, os.O_RDONLY))
        return True
    except OSError:
        return False
    finally:
        for descriptor in opened:
            os.close(descriptor)
