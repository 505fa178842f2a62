"""How much memory of this computer is free; of a graphics card, torch knows."""

import psutil

from .worker_messages import Memory

MEBIBYTE = 2**20


def computers_memory() -> Memory:
    """What programs could still take without swapping."""
    found = psutil.virtual_memory()
    return Memory(found.available // MEBIBYTE, found.total // MEBIBYTE)
