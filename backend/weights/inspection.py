"""What is wrong with fetched weights: layout, sizes, checksums; each damage with the command that mends it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ..models.default_folder import fetch_command
from ..models.folder_layout import Damage, check_folder, weights_file
from .known_models import HubRepository, ModelName, known_model
from .manifest import MANIFEST, Manifest, file_sha256, read_manifest
from .tensor_check import expected_shapes, shapes_in, tensor_problem

State = Literal["absent", "whole", "unverified", "damaged"]


@dataclass(frozen=True)
class Inspection:
    """A model's folder as it is. unverified: the layout is right, and no manifest says what the files must be."""

    model: ModelName
    folder: Path
    damages: tuple[Damage, ...]
    manifest: Manifest | None
    notes: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        if not self.folder.is_dir():
            return "absent"
        if self.damages:
            return "damaged"
        return "unverified" if self.manifest is None else "whole"


def inspect(name: ModelName, root: Path, with_checksums: bool = True) -> Inspection:
    """Look at ``root``/``name``; without checksums no file is read beyond its head."""
    folder = root / name
    if not folder.is_dir():
        return Inspection(name, folder, check_folder(folder, name), None)
    try:
        manifest = read_manifest(folder)
    except ValueError as error:
        remedy = f"write it anew with: {fetch_command(name, root)}"
        return Inspection(name, folder, (Damage(folder / MANIFEST, f"cannot be read ({error})", remedy),), None)
    remedy = f"fetch it again with: {_mending_command(name, root, manifest)}"
    damages = {damage.path: replace(damage, remedy=remedy) for damage in check_folder(folder, name)}
    if not damages and (expected := expected_shapes(name)) is not None:
        path = weights_file(folder, "model")
        if problem := tensor_problem(shapes_in(path), expected):
            damages[path] = Damage(path, f"is another network: {problem}", remedy)
    if manifest is not None:
        for damage in _differences(folder, manifest, with_checksums, remedy):
            damages.setdefault(damage.path, damage)
    return Inspection(name, folder, tuple(damages.values()), manifest, tuple(_strangers(folder, manifest)))


def _differences(folder: Path, manifest: Manifest, with_checksums: bool, remedy: str) -> Iterator[Damage]:
    for name, record in manifest.files.items():
        path = folder / name
        if not path.is_file():
            yield Damage(path, "is missing", remedy)
        elif (size := path.stat().st_size) != record.size:
            yield Damage(path, f"has {size} bytes, and {record.size} bytes were fetched", remedy)
        elif with_checksums and (sha256 := file_sha256(path)) != record.sha256:
            yield Damage(path, f"is not what was fetched: its SHA-256 is {sha256}, then {record.sha256}", remedy)


def _strangers(folder: Path, manifest: Manifest | None) -> Iterator[str]:
    """Weights that nothing vouches for, and downloads that were broken off."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if manifest is not None and path.suffix == ".safetensors" and name not in manifest.files:
            yield f"{path} is not in {MANIFEST}: nothing says what it must be"
        if path.suffix == ".part":
            yield f"{path} is part of a download that was broken off; models fetch goes on from it, or delete it"


def _mending_command(name: ModelName, root: Path, manifest: Manifest | None) -> str:
    """It names the source where another one than the default was used, so that only damaged files are fetched."""
    default = known_model(name).sources[0]
    if manifest is None or not isinstance(default, HubRepository):
        return fetch_command(name, root)
    if manifest.source == default.repository:
        is_default = default.revision in ("main", manifest.revision)
        return fetch_command(name, root, revision="" if is_default else manifest.revision)
    return fetch_command(name, root, manifest.source, manifest.revision)
