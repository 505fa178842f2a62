"""Who sends a message, as CURVE vouches for it, and whether that client is still let in."""

from typing import Protocol

import zmq

from ..keys import Listing
from .visible_jobs import Owner


class Gate(Protocol):
    """Tells senders apart."""

    def owner_of(self, frame: zmq.Frame) -> Owner | None:
        """Of a message's frame as it was received; None: to be neither answered nor told why."""
        ...

    def lets_in(self, owner: Owner) -> bool:
        """Whether this client may still be sent anything."""
        ...

    def name_of(self, owner: Owner) -> str:
        """For the log."""
        ...


class OpenGate:
    """Of a backend without keys, which listens on its own computer only."""

    def owner_of(self, frame: zmq.Frame) -> Owner:
        return ""

    def lets_in(self, owner: Owner) -> bool:
        return True

    def name_of(self, owner: Owner) -> str:
        return "local"


class KeyGate:
    """Of a backend with keys: the handshake let the client in, but it may have been revoked since."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing

    def owner_of(self, frame: zmq.Frame) -> Owner | None:
        try:
            public = str(frame.get("User-Id"))
        except zmq.ZMQError:
            return None  # without the list's thread nobody has vouched for it
        return public if self.lets_in(public) else None

    def lets_in(self, owner: Owner) -> bool:
        return self._listing.name_of(owner) is not None

    def name_of(self, owner: Owner) -> str:
        return self._listing.name_of(owner) or "revoked"
