"""What the server asks of each message before it decodes a byte: who sent it, may they, and is it too much. No IO."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import zmq

from ...shared.messages import Problem
from .gate import Gate
from .limits import Bucket, Limits
from .refusals import Refusals
from .visible_jobs import Owner

REMINDER_SECONDS = 1.0
"""A client that sends too much is told so at most this often: the answers must not be a flood themselves."""


@dataclass(frozen=True)
class Refused:
    """The message is dropped; ``problem`` is the answer to it, if it gets one."""

    problem: Problem | None = None


@dataclass(frozen=True)
class Admitted:
    """The message may be decoded. is_new_owner: another client used this connection's name before."""

    owner: Owner
    is_new_owner: bool = False


class Reception:
    """Remembers, of each connection's name (routing id), whose it is; and of each client, how much it has sent."""

    def __init__(self, gate: Gate, limits: Limits, refusals: Refusals) -> None:
        self.limits = limits
        self._gate, self._refusals = gate, refusals
        self._owners: dict[bytes, Owner] = {}
        self._connections: Counter[Owner] = Counter()
        self._gone: list[bytes] = []
        self._buckets: dict[str | bytes, tuple[Bucket, Bucket]] = {}
        self._told_at: dict[str | bytes, float] = {}

    def admit(self, client: bytes, frames: Sequence[zmq.Frame], now: float) -> Admitted | Refused:
        """Judge one message; ``frames`` are at least one."""
        owner = self._gate.owner_of(frames[-1])
        if owner is None:
            self._refusals.add("not_let_in", f"client={client.hex()[:8]}", now)
            return Refused()
        payer = owner or client
        messages, size = self._buckets_of(payer)
        if not (messages.take(1, now) and size.take(sum(len(frame) for frame in frames), now)):
            self._refusals.add("too_much", f"client={client.hex()[:8]} name={self._gate.name_of(owner)}", now)
            return Refused(self._reminder(payer, now))
        before = self._owners.pop(client, None)
        if before is not None:
            self._connections[before] -= 1
        # Anew at the end: the first of an owner is its longest silent one.
        self._owners[client] = owner
        self._connections[owner] += 1
        if self._connections[owner] > self.limits.connections:
            self._refusals.add("too_many_connections", f"name={self._gate.name_of(owner)}", now)
            self._gone.append(next(each for each, whose in self._owners.items() if whose == owner))
            self.forget(self._gone[-1])
        return Admitted(owner, before is not None and before != owner)

    def gone(self) -> list[bytes]:
        """Connections of clients that are let in no more, and superfluous ones; the server must forget them too."""
        for client in [client for client, owner in self._owners.items() if not self._gate.lets_in(owner)]:
            self._gone.append(client)
            self.forget(client)
        gone, self._gone = self._gone, []
        return gone

    def forget(self, client: bytes) -> None:
        """The connection is gone for good."""
        owner = self._owners.pop(client, None)
        if owner is None:
            return
        self._connections[owner] -= 1
        if not owner:
            # Those of a key stay: to come back is not to have a full bucket.
            self._buckets.pop(client, None)
            self._told_at.pop(client, None)

    def _buckets_of(self, payer: str | bytes) -> tuple[Bucket, Bucket]:
        limits = self.limits
        if payer not in self._buckets:
            messages = Bucket(limits.messages_per_second, limits.message_burst)
            self._buckets[payer] = messages, Bucket(limits.bytes_per_second, limits.byte_burst)
        return self._buckets[payer]

    def _reminder(self, payer: str | bytes, now: float) -> Problem | None:
        if now - self._told_at.get(payer, float("-inf")) < REMINDER_SECONDS:
            return None
        self._told_at[payer] = now
        rate, size = self.limits.messages_per_second, self.limits.bytes_per_second / 2**20
        message = f"You send too much: {rate:.0f} messages and {size:.0f} MiB a second are allowed; some were dropped."
        return Problem("unavailable", message, "Send again, more slowly.")
