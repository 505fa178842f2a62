"""How a command reaches the backend that it asks."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..addresses import DEFAULT_ADDRESS

if TYPE_CHECKING:
    from ..asking import Asking


@dataclass(frozen=True, kw_only=True)
class Reaching:
    """A running backend."""

    address: str = DEFAULT_ADDRESS
    """Where the backend listens."""

    key: Path | None = None
    """client.key, for a backend that was started with --keys."""

    def asking(self) -> "Asking":
        """A connection to it. Raises ValueError for an address or a key that cannot be."""
        from ..asking import Asking

        return Asking(self.address, self.key)
