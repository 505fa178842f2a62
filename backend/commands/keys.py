"""``any-to-3d keys``: make the key files of an encrypted connection."""

from dataclasses import dataclass
from pathlib import Path

from .places import make_writable_folder


@dataclass(frozen=True)
class Keys:
    """Write server.key and client.key, for a backend that other computers reach."""

    folder: Path = Path("any-to-3d-keys")
    """Where the two files go; existing ones are never replaced."""

    def run(self) -> int:
        from rich.console import Console

        from ..keys import create_keys

        make_writable_folder("--folder", self.folder)
        server, client = create_keys(self.folder)
        console = Console(soft_wrap=True)
        console.print(f"For the backend, to be kept secret there:  any-to-3d serve --keys {server}", highlight=False)
        console.print(f"For the add-on's preferences, on your own computer:  {client}", highlight=False)
        return 0
