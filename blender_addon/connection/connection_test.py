"""Test Connection: one question to an address on a connection of its own, and what came of it as a sentence. No bpy."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from time import monotonic

from ...shared import PROTOCOL_VERSION
from ...shared.client import Client, CurveKeys
from ...shared.messages import Hello, Message, Rejected, Welcome
from .obstacles import trouble_of_obstacle

PATIENCE = 5.0
_FINAL = ("nobody_listens", "unknown_host", "key_unlisted", "key_refused", "key_wanted")
"""Obstacles that waiting does not remove, once they have lasted for a moment."""

_MOMENT = 0.5
_ROUND_TRIP = 0.05
"""Seconds that a step may wait for the second answer, whose time is the one that is told."""


@dataclass(frozen=True)
class TestResult:
    """How it went, for a person."""

    is_good: bool
    text: str


class ConnectionTest:
    """Runs while ``step`` gives None. Raises ValueError for an address that is none."""

    def __init__(self, address: str, keys: CurveKeys | None = None) -> None:
        self.address = address
        self._begun = monotonic()
        self._asked_again: float | None = None
        self._welcome: Welcome | None = None
        self._client = Client(address, uuid.uuid4().hex, keys)

    def step(self) -> TestResult | None:
        """The result, once it is known; waits for at most a twentieth of a second, once."""
        for message in self._client.poll():
            result = self._heard(message)
            if result is not None:
                return result
        waited = monotonic() - self._begun
        if waited > PATIENCE or (waited > _MOMENT and self._client.obstacle in _FINAL):
            return TestResult(False, trouble_of_obstacle(self._client.obstacle, self.address).message)
        return None

    def close(self) -> None:
        """Free the socket; closing twice is fine."""
        self._client.close()

    def _heard(self, message: Message) -> TestResult | None:
        if isinstance(message, Rejected):
            return TestResult(False, message.problem.message)
        if not isinstance(message, Welcome):
            return None
        if message.protocol_version.split(".")[0] != PROTOCOL_VERSION.split(".")[0]:
            text = f"The backend speaks protocol {message.protocol_version}, this add-on {PROTOCOL_VERSION}."
            return TestResult(False, text)
        if self._asked_again is not None:
            return TestResult(True, _praise(message, monotonic() - self._asked_again))
        # The first answer's time is that of the connection, and of Blender's timer.
        self._asked_again = monotonic()
        self._client.send(Hello(PROTOCOL_VERSION, "test"))
        self._client.wait(_ROUND_TRIP)
        return self.step()


def _praise(welcome: Welcome, seconds: float) -> str:
    who = f"{welcome.profile} on {welcome.device}, version {welcome.backend_version}"
    return f"{who}, protocol {welcome.protocol_version}, answered in {seconds * 1000:.0f} ms."
