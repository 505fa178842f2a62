"""The one logging setup, used by the command line and by the worker processes it starts."""

import logging
import sys


def log_to_stderr(level: int = logging.INFO) -> None:
    """Write this package's messages, and others' warnings, to standard error with time and module."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger(__package__).setLevel(level)
