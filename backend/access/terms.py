"""On what terms a backend serves: who is let in, how much each may ask, and whose jobs one sees."""

from dataclasses import dataclass, field

from .gate import Gate, OpenGate
from .limits import Limits


@dataclass(frozen=True)
class Terms:
    """The default is that of a backend on its own computer. has_shared_jobs: every client sees every job."""

    gate: Gate = field(default_factory=OpenGate)
    limits: Limits = field(default_factory=Limits)
    has_shared_jobs: bool = False
