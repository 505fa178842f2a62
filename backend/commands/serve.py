"""``any-to-3d serve``."""

from dataclasses import dataclass

from ..serve_options import ServeOptions
from .threads import require_threads


@dataclass(frozen=True)
class Serve(ServeOptions):
    """Serve the Blender add-on and other clients until Ctrl-C."""

    def run(self) -> int:
        from rich.console import Console

        from ..serving import serve

        require_threads(self.threads)
        console = Console(stderr=True)

        def announce(address: object) -> None:
            console.print(f"Serving profile {self.profile} at {address}; Ctrl-C ends it.", highlight=False)

        serve(self, announce)
        return 0
