"""Runs inside a Python that has bpy: every function of a scenario file, each on an empty file, results as JSON.

    python run_scenario.py SCENARIO.py RESULT.json

The process ends by ``os._exit``, because several bpy releases crash or hang while Python shuts down.
"""

import json
import os
import runpy
import sys
import traceback
from pathlib import Path


def claims_of(path: Path) -> list[str]:
    """The names of the scenario's claims, in order, without running it."""
    import ast

    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return [node.name for node in functions if node.name.startswith("test_")]


def main(scenario: Path, result: Path) -> None:
    import bpy

    sys.path.insert(0, str(scenario.parent))
    namespace = runpy.run_path(str(scenario))
    outcomes: dict[str, str] = {"version": bpy.app.version_string}
    for claim in claims_of(scenario):
        try:
            namespace[claim]()
            outcomes[claim] = ""
        except BaseException:
            outcomes[claim] = traceback.format_exc()
        result.write_text(json.dumps(outcomes), encoding="utf-8")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
