"""A hook of MkDocs: pages may link to files outside docs/, as GitHub follows them; the site takes those files along.

``[the protocol](../PROTOCOL.md)`` in docs/demo.md becomes a page ``repository/PROTOCOL.md`` of the site, and so do the
files that it links to in turn. A link to a folder, which a site has nothing to show for, leaves its words.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

OUTSIDE = "repository"
"""The folder of the site for what lies outside docs/."""

LINK = re.compile(r"(?P<words>!?\[(?P<text>[^\]]*)\])\((?P<path>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:|/", re.IGNORECASE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files outside docs/ that its pages reach."""
    from mkdocs.structure.files import File, InclusionLevel

    docs = Path(config.docs_dir)
    pages = [Path(each.abs_src_path or "") for each in files.documentation_pages()]
    for path in reached(pages, docs):
        uri = site_uri(path, docs)
        files.append(File.generated(config, uri, abs_src_path=str(path), inclusion=InclusionLevel.NOT_IN_NAV))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point the links of a page to where the site has their targets."""
    return rewritten(markdown, Path(page.file.abs_src_path or ""), Path(config.docs_dir))


def reached(pages: list[Path], docs: Path) -> list[Path]:
    """The files of the repository outside ``docs`` that these pages link to, directly or by way of each other."""
    found: dict[Path, None] = {}
    waiting = [path for page in pages for path in linked_files(page)]
    while waiting:
        path = waiting.pop(0)
        if path in found or path.is_relative_to(docs) or not path.is_relative_to(docs.parent):
            continue
        found[path] = None
        if path.suffix == ".md":
            waiting += linked_files(path)
    return list(found)


def linked_files(page: Path) -> list[Path]:
    """The files that a page links to by relative paths."""
    targets = (target_of(page, link["path"]) for link in LINK.finditer(page.read_text("utf-8")))
    return [target for target in targets if target is not None and target.is_file()]


def target_of(page: Path, path: str) -> Path | None:
    """Where a relative link of a page leads on disk; None for an address."""
    return None if _ABSOLUTE.match(path) else (page.parent / path).resolve()


def site_uri(path: Path, docs: Path) -> str:
    """The path of a file of the repository within the site's sources."""
    if path.is_relative_to(docs):
        return path.relative_to(docs).as_posix()
    return f"{OUTSIDE}/{path.relative_to(docs.parent).as_posix()}"


def rewritten(markdown: str, page: Path, docs: Path) -> str:
    """The page's text with links that hold in the site. What is not there stays, for MkDocs to complain about."""
    here = posixpath.dirname(site_uri(page, docs))

    def replacement(link: re.Match[str]) -> str:
        target = target_of(page, link["path"])
        if target is None or not target.exists() or not target.is_relative_to(docs.parent):
            return link[0]
        if target.is_dir():
            return link["text"]
        return f"{link['words']}({posixpath.relpath(site_uri(target, docs), here or '.')}{link['anchor'] or ''})"

    return LINK.sub(replacement, markdown)
