"""How the programs of this package end when a user's mistake, or what a training met, stops them: by one sentence."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .lanes import StageFailed


@contextmanager
def told_in_a_sentence(program: str) -> Iterator[None]:
    """Instead of a traceback: the message, and exit status 1; 130 after an interrupt."""
    try:
        yield
    except (ValueError, OSError, StageFailed, FloatingPointError) as error:
        sys.stderr.write(f"{program}: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write(f"{program}: interrupted\n")
        sys.exit(130)
