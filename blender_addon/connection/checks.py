"""What the add-on looks into beside the conversation: which programs there are, their version, a connection test.

Owned by the link, stepped by it. Nothing here waits, except the test for a twentieth of a second, once.
"""

from __future__ import annotations

from pathlib import Path

from ...shared.client import CurveKeys
from .connection_test import ConnectionTest, TestResult
from .program_probe import ProgramProbe, ProgramVersion
from .programs import Surroundings, found_programs


class Checks:
    """programs: None until somebody searched.  version: of the program looked at last, None while it is being asked.

    tested: the address that ``result`` is about.
    """

    def __init__(self) -> None:
        self.programs: tuple[Path, ...] | None = None
        self.version: ProgramVersion | None = None
        self.result: TestResult | None = None
        self.tested = ""
        self._looked_at: Path | None = None
        self._probe: ProgramProbe | None = None
        self._test: ConnectionTest | None = None

    @property
    def is_testing(self) -> bool:
        return self._test is not None

    @property
    def is_idle(self) -> bool:
        return self._probe is None and self._test is None

    def search(self, around: Surroundings) -> None:
        """Look for programs, and forget which versions they said."""
        self.programs = found_programs(around)
        self._looked_at = None

    def look_at(self, program: Path) -> bool:
        """Ask this program for its version, unless it was the last one asked. Returns whether it is asked."""
        if program == self._looked_at:
            return False
        self._end_probe()
        self._looked_at, self.version = program, None
        self._probe = ProgramProbe(program)
        return True

    def test(self, address: str, keys: CurveKeys | None) -> None:
        """Begin a connection test in place of the last one. Raises ValueError for an address that is none."""
        self._end_test()
        self.result, self.tested = None, address
        self._test = ConnectionTest(address, keys)

    def step(self) -> bool:
        """Go on; whether there is something new to draw."""
        before = (self.version, self.result)
        if self._probe is not None and (answer := self._probe.poll()) is not None:
            self.version = answer
            self._end_probe()
        if self._test is not None and (result := self._test.step()) is not None:
            self.result = result
            self._end_test()
        return (self.version, self.result) != before

    def close(self) -> None:
        """Leave no process and no socket behind."""
        self._end_probe()
        self._end_test()

    def _end_probe(self) -> None:
        if self._probe is not None:
            self._probe.close()
            self._probe = None

    def _end_test(self) -> None:
        if self._test is not None:
            self._test.close()
            self._test = None
