"""How the numba kernels are compiled: cached on disk where that is possible, without the GIL."""

from collections.abc import Callable

import numba


def compiled(parallel: bool = False) -> Callable[[Callable], Callable]:
    """Decorator: compile on first call and keep the machine code (beside the source, else NUMBA_CACHE_DIR or user cache).

    numba looks for a writable place when the function is decorated. A read-only install without a home folder has none,
    and there the kernel is compiled anew in every process (a few seconds) instead of failing at import.
    """

    def decorate(function: Callable) -> Callable:
        try:
            return numba.njit(cache=True, nogil=True, parallel=parallel)(function)
        except RuntimeError as error:
            if "no locator available" not in str(error):
                raise
            return numba.njit(nogil=True, parallel=parallel)(function)

    return decorate
