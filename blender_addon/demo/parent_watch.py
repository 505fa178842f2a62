"""Whether the Blender that started this process is still there; however it ended, the demo ends after it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

_SYNCHRONIZE = 0x00100000
_WAIT_TIMEOUT = 0x00000102


def orphan_test(parent: int | None) -> Callable[[], bool]:
    """A question that is answered with True once the process ``parent``, which started this one, has gone."""
    if parent is None:
        return lambda: False
    if sys.platform == "win32":
        return _orphan_test_of_windows(parent)
    # A process whose parent ends is given to another one at once.
    return lambda: os.getppid() != parent


if sys.platform == "win32":

    def _orphan_test_of_windows(parent: int) -> Callable[[], bool]:
        """Windows keeps the number of a parent that has ended, so its handle is asked instead."""
        import ctypes
        from ctypes import wintypes

        kernel = ctypes.WinDLL("kernel32")
        kernel.OpenProcess.restype = wintypes.HANDLE
        kernel.OpenProcess.argtypes = (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD)
        kernel.WaitForSingleObject.argtypes = (wintypes.HANDLE, wintypes.DWORD)
        handle = kernel.OpenProcess(_SYNCHRONIZE, False, parent)
        return lambda: not handle or kernel.WaitForSingleObject(handle, 0) != _WAIT_TIMEOUT
