"""Fetch a model into its folder: sources in order, room on the disk first, checksums after, a manifest at the end."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from ..models.default_folder import fetch_command
from ..models.folder_layout import check_folder
from .download import download, missing_bytes, part_of
from .failures import FetchFailed, NotEnoughDisk, SourceFailed
from .hub import list_repository
from .known_models import HubRepository, KnownModel, PickledFile, Source
from .manifest import MANIFEST, FileRecord, Manifest, file_sha256, write_manifest
from .pickle_conversion import convert_pickle
from .remote_file import Checksum, RemoteFile
from .selection import Precision, wanted_files
from .tensor_check import Shapes, expected_shapes, shapes_in, tensor_problem

WEIGHTS = "model.safetensors"
SPARE_BYTES = 2**28
"""What stays free beyond the files: a file system that is full to the last byte fails in other programs."""


@dataclass(frozen=True)
class Fetch:
    """One model into ``root``/its name. ``say`` is given sentences for the user; progress bars go to standard error.

    expected: the names and shapes of the tensors, for a model whose weights have no configuration beside them.
    """

    model: KnownModel
    root: Path
    say: Callable[[str], None]
    precision: Precision = "half"
    expected: Shapes | None = None

    @property
    def folder(self) -> Path:
        return self.root / self.model.name

    def run(self, sources: Sequence[Source]) -> Manifest:
        """From the first source that works. Raises NotEnoughDisk, or FetchFailed with every source's failure."""
        failures = []
        before = set(self.folder.rglob("*"))
        with self._alone():
            for source in sources:
                self.say(f"{self.model.name} from {source}")
                try:
                    manifest = (
                        self._from_hub(source) if isinstance(source, HubRepository) else self._from_pickle(source)
                    )
                except SourceFailed as failure:
                    failures.append(f"{source} {failure}")
                    self.say(failures[-1])
                else:
                    self._clear_leftovers(manifest, before)
                    return manifest
        raise FetchFailed("\n  ".join([f"{self.model.name} could not be fetched:", *failures, self._by_hand(sources)]))

    def convert(self, pickled: Path) -> Manifest:
        """From a file of pickled weights that is already here, and stays. Raises SourceFailed for one that differs."""
        if self.expected is None:
            raise FetchFailed(f"{self.model.name} is not published as one pickled file; copy its folder instead")
        self._require_room(pickled.stat().st_size)
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._alone():
            convert_pickle(pickled, self.folder / WEIGHTS, self.expected)
        return self._finished(str(pickled), "", {WEIGHTS: file_sha256(self.folder / WEIGHTS)})

    def _from_hub(self, source: HubRepository) -> Manifest:
        listing = list_repository(source)
        files = wanted_files(listing.files, self.model.name, self.precision, self._has_size_of)
        self._require_room(sum(missing_bytes(file, self.folder / file.path) for file in files))
        for file in files:
            download(file, self.folder / file.path)
        self._require_tensors()
        return self._finished(
            source.repository, listing.commit, {file.path: _sha256(self.folder, file) for file in files}
        )

    def _from_pickle(self, source: PickledFile) -> Manifest:
        if self.expected is None:
            raise SourceFailed("is one pickled file, and there is no table of its tensors to check it against")
        name = source.url.rpartition("/")[2]
        file = RemoteFile(name, source.url, source.size, Checksum("sha256", source.sha256))
        # Never under a name that a program could take for weights to load: a part, however complete.
        arrived = part_of(file, self.folder / f"{name}.unchecked")
        self._require_room(missing_bytes(file, arrived) + source.size)
        download(file, arrived)
        self.say("converting it to safetensors; the pickled file is deleted")
        try:
            convert_pickle(arrived, self.folder / WEIGHTS, self.expected)
        except SourceFailed:
            arrived.unlink()
            raise
        arrived.unlink()
        return self._finished(source.url, "", {WEIGHTS: file_sha256(self.folder / WEIGHTS)})

    def _finished(self, source: str, revision: str, sums: Mapping[str, str]) -> Manifest:
        """Nothing is called complete that the loader would refuse."""
        if damages := check_folder(self.folder, self.model.name):
            raise SourceFailed(f"is incomplete: {damages[0].path} {damages[0].problem}")
        records = {path: FileRecord((self.folder / path).stat().st_size, sha256) for path, sha256 in sums.items()}
        manifest = Manifest(self.model.name, source, revision, records)
        write_manifest(self.folder, manifest)
        return manifest

    def _clear_leftovers(self, manifest: Manifest, before: set[Path]) -> None:
        """Remove what a source that failed left behind, lest two sources' networks mix; nothing that was there before.

        Parts go in any case: the model is whole, and nothing will go on from them.
        """
        for path in sorted(self.folder.rglob("*"), reverse=True):
            name = path.relative_to(self.folder).as_posix()
            is_ours = name == MANIFEST or name in manifest.files or path in before
            if path.is_file() and (path.suffix == ".part" or not is_ours):
                path.unlink()
            elif path.is_dir() and path not in before and not any(path.iterdir()):
                path.rmdir()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two processes that write the same part would spoil it."""
        self.root.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.root / f".{self.model.name}.lock", timeout=0):
                yield
        except Timeout as error:
            raise FetchFailed(f"{self.model.name} is being fetched into {self.root} already; wait for that") from error

    def _require_tensors(self) -> None:
        if self.expected is None:
            return
        path = self.folder / WEIGHTS
        try:
            problem = tensor_problem(shapes_in(path), self.expected)
        except ValueError as error:
            problem = str(error)
        if problem is not None:
            path.unlink()
            raise SourceFailed(f"sent another network: {problem}")

    def _require_room(self, needed: int) -> None:
        existing = next(path for path in (self.folder, *self.folder.absolute().parents) if path.exists())
        free = shutil.disk_usage(existing).free
        if needed and free < needed + SPARE_BYTES:
            raise NotEnoughDisk(
                f"{self.model.name} needs {_shown(needed)} more in {self.folder}, and {_shown(free)} are free; "
                "free some, or pass --folder with a folder on another disk"
            )

    def _has_size_of(self, file: RemoteFile) -> bool:
        path = self.folder / file.path
        return path.is_file() and path.stat().st_size == file.size

    def _by_hand(self, sources: Sequence[Source]) -> str:
        published = " or ".join(str(source) for source in sources)
        command = fetch_command(self.model.name, self.root)
        return (
            f"Without a connection: fetch it on a computer that has one ('{command}', "
            f"or download {published} there), copy the folder to {self.folder}, and run 'any-to-3d models check'"
        )


def new_fetch(model: KnownModel, root: Path, say: Callable[[str], None], precision: Precision = "half") -> Fetch:
    """A Fetch that knows the model's tensors, where there is a table of them."""
    return Fetch(model, root, say, precision, expected_shapes(model.name))


def _sha256(folder: Path, file: RemoteFile) -> str:
    """Known for large files, which have just been compared with it."""
    return file.checksum.value if file.checksum.kind == "sha256" else file_sha256(folder / file.path)


def _shown(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"
