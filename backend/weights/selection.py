"""Which files of a repository a model needs: configurations, and of each network one file of weights, never pickled."""

from collections.abc import Callable, Collection, Iterator
from typing import Literal

from ..models.folder_layout import PICKLES, Component, Layout, published_components
from .failures import SourceFailed
from .remote_file import RemoteFile

Precision = Literal["half", "full"]

TERMS = ("README.md", "LICENSE", "LICENSE.md", "LICENSE.txt", "LICENSE-MODEL")
"""Taken along where they exist: whoever passes weights on has to pass the terms on."""


def wanted_files(
    files: Collection[RemoteFile], layout: Layout, precision: Precision, is_here: Callable[[RemoteFile], bool]
) -> tuple[RemoteFile, ...]:
    """The files to fetch, in the order of the layout. Raises SourceFailed naming what the repository lacks.

    precision: which weights to prefer where a network is published in both. A file that ``is_here`` comes before
    either, so that a folder copied by hand is not fetched again in the other precision.
    """
    by_path = {file.path: file for file in files}
    folders = {path.partition("/")[0] for path in by_path}
    wanted: dict[str, RemoteFile] = {}
    for component in published_components(layout, lambda name: name in folders):
        for file in _component_files(component, by_path, precision, is_here):
            wanted[file.path] = file
    wanted.update({name: by_path[name] for name in TERMS if name in by_path})
    return tuple(wanted.values())


def _component_files(
    component: Component, by_path: dict[str, RemoteFile], precision: Precision, is_here: Callable[[RemoteFile], bool]
) -> Iterator[RemoteFile]:
    prefix = "" if component.name == "." else f"{component.name}/"
    found = [by_path[prefix + name] for name in component.files if prefix + name in by_path]
    if component.files and not found:
        raise SourceFailed(f"lacks {prefix}{' or '.join(component.files)}")
    yield from found
    yield from (by_path[prefix + name] for name in component.companions if prefix + name in by_path)
    if component.weights is not None:
        yield _weights(prefix, component.weights, by_path, precision, is_here)


def _weights(
    prefix: str, stem: str, by_path: dict[str, RemoteFile], precision: Precision, is_here: Callable[[RemoteFile], bool]
) -> RemoteFile:
    names = [f"{prefix}{stem}.fp16.safetensors", f"{prefix}{stem}.safetensors"]
    if precision == "full":
        names.reverse()
    published = [by_path[name] for name in names if name in by_path]
    if not published:
        pickled = [path for path in by_path if path.startswith(prefix) and path.endswith(PICKLES)]
        only = f" (only {pickled[0]}, which is pickled and can run code: it is never fetched)" if pickled else ""
        raise SourceFailed(f"lacks {prefix}{stem}.safetensors{only}")
    return next((file for file in published if is_here(file)), published[0])
