"""Child processes that do not outlive their parent, however it ends."""

import multiprocessing
import os
import threading
from multiprocessing.connection import wait


def end_with_parent() -> None:
    """From now on this process ends at once when the one that spawned it is gone, killed included.

    Nothing is cleaned up: for work whose results are on disk, complete or not at all. Raises RuntimeError in a process
    that multiprocessing has not started.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        raise RuntimeError("this process was not started by multiprocessing, so it has no parent to end with")
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
