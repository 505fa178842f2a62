"""A static extension repository around zips: ``index.json`` for Blender, ``index.html`` for people.

Written here and not by ``blender --command extension server-generate``, so that a release needs no Blender and the same
zips give the same bytes; a test compares the two. Format: version 1 of the listing in Blender's manual, "Creating a
Static Extensions Repository".
"""

from __future__ import annotations

import hashlib
import html
import json
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlencode

from .pinned_wheels import WHEELS

_PAGE = """<!doctype html>
<meta charset="utf-8">
<title>{name} {version}</title>
<h1>{name} {version}</h1>
<p>{tagline}. Drag the line of your system into Blender; Blender then adds this repository and keeps the add-on up to
date.</p>
<ul>
{lines}</ul>
"""


def write_index(zips: Sequence[Path], out: Path) -> tuple[Path, Path]:
    """Write the two files into ``out``, which holds the zips; return their paths. Needs at least one zip."""
    entries = [_entry(path) for path in sorted(zips, key=lambda path: path.name)]
    listing = out / "index.json"
    listing.write_text(json.dumps({"version": "v1", "blocklist": [], "data": entries}, indent=2) + "\n", "utf-8")
    page = out / "index.html"
    lines = "".join(_line(entry) for entry in entries)
    texts = {key: html.escape(str(entries[0][key])) for key in ("name", "version", "tagline")}
    page.write_text(_PAGE.format(lines=lines, **texts), "utf-8")
    return listing, page


Entry = dict[str, str | int | list[str] | dict[str, str]]


def _entry(path: Path) -> Entry:
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        manifest = tomllib.loads(archive.read("blender_manifest.toml").decode("utf-8"))
    wheels = [name.rpartition("/")[2] for name in manifest.pop("wheels")]
    return {
        **manifest,
        "python_versions": _pythons(wheels),
        "archive_url": f"./{quote(path.name)}",
        "archive_size": len(content),
        "archive_hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }


def _pythons(names: Sequence[str]) -> list[str]:
    """Those for which the wheels of this zip have every library."""
    bundled = [wheel for wheel in WHEELS if wheel.name in names]
    served = [
        {python for wheel in bundled if wheel.distribution == distribution for python in wheel.pythons}
        for distribution in {wheel.distribution for wheel in bundled}
    ]
    return sorted(set.intersection(*served))


def _line(entry: Entry) -> str:
    platforms, pythons = entry["platforms"], entry["python_versions"]
    assert isinstance(platforms, list)
    assert isinstance(pythons, list)
    # Blender reads these when the link is dropped on its window.
    query = {
        "repository": "./index.json",
        "blender_version_min": entry["blender_version_min"],
        "platforms": ",".join(platforms),
        "python_versions": ",".join(pythons),
    }
    link = html.escape(f"{entry['archive_url']}?{urlencode(query)}")
    return f'<li><a href="{link}">{html.escape(", ".join(platforms))}</a></li>\n'
