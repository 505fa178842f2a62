"""Python runs this file at its start, when its folder is on the path: every audit event that names the token is noted.

The server and its workers are started so. The token stands in every text that the test's client sends, so an event that
names it is a path, an address, a program or code that came from the client.
"""

import os
import sys

TOKEN = "a3dcanary"

_IGNORED = ("object.__", "sys._getframe", "builtins.id")


def _watch(file: int) -> None:
    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(_IGNORED):
            return
        try:
            shown = repr(arguments)
        except Exception:  # whatever the repr of somebody's object does, the program must go on
            return
        if TOKEN in shown:
            os.write(file, f"{event} {shown[:300]}\n".encode("utf-8", "replace"))

    sys.addaudithook(hear)


if path := os.environ.get("A3D_AUDIT_FILE"):
    _watch(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    # The file's own name holds no token, so this is the proof that the hook hears.
    sys.audit("any_to_3d.started", TOKEN, os.getpid())
