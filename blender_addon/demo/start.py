"""The file that the demo's process runs, as ``python -I start.py --library FOLDER --address tcp://127.0.0.1:PORT``.

Blender's Python by itself knows neither this add-on's package nor the libraries that Blender unpacked for its
extensions, so the folders of both are put on its path here: the former from where this file lies, the latter as told.
"""

import argparse
import importlib
import sys
import types
from pathlib import Path

_PACKAGE = "any_to_3d"


def main() -> None:
    """Serve until the process is ended or its parent has gone."""
    parser = argparse.ArgumentParser(description="Plays a recorded job as if a backend were generating it.")
    parser.add_argument("--library", action="append", default=[], help="a folder with packages; may be repeated")
    parser.add_argument("--address", required=True, help="tcp://127.0.0.1:PORT")
    parser.add_argument("--parent-pid", type=int, help="end when this process, which started this one, has ended")
    chosen = parser.parse_args()
    # At the end, so that nothing in these folders hides a module of the standard library.
    sys.path += chosen.library
    package = types.ModuleType(_PACKAGE)
    package.__path__ = [str(Path(__file__).parents[2])]
    sys.modules[_PACKAGE] = package
    server = importlib.import_module(f"{_PACKAGE}.blender_addon.demo.server")
    server.serve(chosen.address, chosen.parent_pid)


if __name__ == "__main__":
    main()
