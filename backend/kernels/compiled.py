"""How the numba kernels are compiled, cached and spread over threads."""

import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numba
import torch


def compiled(function: Callable) -> Callable:
    """Decorator that compiles on first call, without the GIL, and keeps the machine code for the next process.

    numba looks for a writable place when the function is decorated: beside the source, the user's cache folder, or
    NUMBA_CACHE_DIR. A read-only install without a home folder has none of them, and there the kernel is compiled
    anew in every process (a few seconds) instead of failing at import.
    """
    # The jaxtyping import hook that the tests use wraps every function, and numba cannot compile the wrapper.
    function = inspect.unwrap(function)
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError as error:
        if "no locator available" not in str(error):
            raise
        return numba.njit(nogil=True)(function)


def for_each(kernel: Callable[[int], None], count: int) -> None:
    """Call kernel(0) .. kernel(count - 1), on as many threads as torch may use; the calls must not write to one place.

    Threads of our own rather than numba's prange: its default threading layer ends the process when two threads
    launch parallel kernels at once, and it does not know about torch.set_num_threads.
    """
    threads = min(torch.get_num_threads(), count)
    if threads <= 1:
        for index in range(count):
            kernel(index)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(kernel, range(count)))
