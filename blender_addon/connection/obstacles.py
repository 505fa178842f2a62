"""What stands in the way of a connection, as a sentence for a person. Pure."""

from __future__ import annotations

from ...shared.handshake import Obstacle
from ..errors import Fix, LocalCode, Trouble, trouble

_SENTENCES: dict[Obstacle, tuple[LocalCode, str]] = {
    "": ("no_answer", "No backend answers at {}."),
    "unknown_host": ("no_answer", "No backend answers at {}: there is no computer of that name."),
    "unreachable": ("no_answer", "No backend answers at {}: it cannot be reached, or a firewall is in between."),
    "nobody_listens": ("no_answer", "No backend answers at {}: nothing listens there."),
    "no_handshake": ("no_answer", "No backend answers at {}: a program listens there, but it is silent."),
    "key_unlisted": ("wrong_key", "The backend at {} does not know this key."),
    "key_refused": ("wrong_key", "The backend at {} does not accept this key: it is another's, or needs none."),
    "key_wanted": ("wrong_key", "The program at {} hangs up: it is a backend that wants a key, or no backend at all."),
}


def trouble_of_obstacle(obstacle: Obstacle, address: str, fix: Fix | None = None) -> Trouble:
    """``fix``: what mends a missing answer here; a wrong key is always mended in the preferences."""
    code, sentence = _SENTENCES[obstacle]
    return trouble(code, sentence.format(address), fix if code == "no_answer" else None)
