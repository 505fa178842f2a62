"""Where the networks of profile full lie when nobody says; no torch, so the server's process can use it."""

import os
import shlex
from pathlib import Path

import platformdirs

VARIABLE = "ANY_TO_3D_MODELS"
NON_COMMERCIAL = ("imagebind",)
"""Models that are fetched only by who says that he keeps their terms; compared with the list of models by a test."""


def chosen_models_folder(given: Path | None = None) -> Path:
    """The folder given, else that of the variable ANY_TO_3D_MODELS, else models/ among the user's application data."""
    if given is not None:
        return given
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser()
    return platformdirs.user_data_path("any-to-3d", appauthor=False) / "models"


def fetch_command(name: str, root: Path, source: str = "", revision: str = "") -> str:
    """What to type to fetch or mend a model, or without a name all of profile full; it leaves out what is the default.

    >>> fetch_command("clip", Path("/data/my models"))
    "any-to-3d models fetch clip --folder '/data/my models'"
    """
    command = f"any-to-3d models fetch {name}".rstrip()
    if source:
        command += f" --from {shlex.quote(source)}"
    if revision:
        command += f" --revision {shlex.quote(revision)}"
    if name in NON_COMMERCIAL:
        command += " --accept-licence"
    if root.absolute() != chosen_models_folder().absolute():
        command += f" --folder {shlex.quote(str(root))}"
    return command
