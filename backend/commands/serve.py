"""``any-to-3d serve``."""

from dataclasses import dataclass

from ..serve_options import ServeOptions
from .places import make_writable_folder, require_writable_parent
from .threads import require_threads


@dataclass(frozen=True)
class Serve(ServeOptions):
    """Serve the Blender add-on and other clients until Ctrl-C."""

    def run(self) -> int:
        from rich.console import Console

        from ..serving import serve

        require_threads(self.threads)
        if self.data is not None:
            make_writable_folder("--data", self.data)
        if self.port_file is not None:
            require_writable_parent("--port-file", self.port_file)
        console = Console(stderr=True)

        def announce(address: object) -> None:
            console.print(f"Serving profile {self.profile} at {address}; Ctrl-C ends it.", highlight=False)

        serve(self, announce)
        return 0
