"""Counts of what was refused, by reason, and a line of log at most once in ten seconds however much it is. No clock."""

import logging
from collections import Counter

log = logging.getLogger(__name__)

LOG_SECONDS = 10.0
MOST_CHARACTERS = 200


class Refusals:
    """``counts`` since the start."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._unlogged: Counter[str] = Counter()
        self._log_at = float("-inf")
        self._last = ""

    def add(self, reason: str, detail: str, now: float) -> None:
        """Count one; ``detail`` may hold what a client sent and is logged on one line, shortened."""
        self.counts[reason] += 1
        self._unlogged[reason] += 1
        self._last = "".join(sign if sign.isprintable() else "?" for sign in detail[:MOST_CHARACTERS])
        self.report(now)

    def report(self, now: float) -> None:
        """Log what was counted since the last line, if one is due."""
        if not self._unlogged or now - self._log_at < LOG_SECONDS:
            return
        counts = " ".join(f"{reason}={count}" for reason, count in sorted(self._unlogged.items()))
        log.warning("refused %s last=%s", counts, self._last)
        self._unlogged.clear()
        self._log_at = now
