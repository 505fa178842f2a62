"""``any-to-3d models``: list, fetch and check the networks of profile full, and say where they lie."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from ..models.default_folder import chosen_models_folder

if TYPE_CHECKING:
    from rich.console import Console

    from ..weights.inspection import Inspection
    from ..weights.known_models import KnownModel, Source

Name = Literal["clip", "stable_unclip", "zero123", "imagebind"]
Names = tyro.conf.Positional[tuple[Name, ...]]

INSTALLED = {
    "absent": "no",
    "whole": "yes",
    "unverified": "yes, from elsewhere",
    "damaged": "damaged: run 'any-to-3d models check'",
}


@dataclass(frozen=True)
class ListModels:
    """Show which networks there are, where they come from, their size and licence, and which are here."""

    folder: Path | None = None
    """The models folder, if not the one that 'models path' names."""

    def run(self) -> int:
        from rich.console import Console
        from rich.table import Table

        from ..weights.inspection import inspect
        from ..weights.known_models import KNOWN_MODELS

        root = chosen_models_folder(self.folder)
        table = Table("model", "size", "here", show_lines=True)
        table.add_column("what for, licence, and where from", overflow="fold")
        for model in KNOWN_MODELS:
            state = inspect(model.name, root, with_checksums=False).state
            sources = ", else ".join(str(source) for source in model.sources)
            facts = f"{model.role}.\n{model.licence.name}: {model.licence.meaning}.\n{sources}"
            table.add_row(model.name, f"about {model.gigabytes} GB", INSTALLED[state], facts)
        console = Console(highlight=False)
        console.print(table, markup=False)
        console.print(f"Folder: {root}", markup=False, soft_wrap=True)
        return 0


@dataclass(frozen=True)
class FetchModels:
    """Download networks: resumable, checksums compared, never pickled weights as they are.

    Without names, what profile full needs (clip only if imagebind is not here). Of what is here already, only files
    that differ are fetched again.
    """

    names: Names = ()
    """Which; 'any-to-3d models list' describes them."""

    folder: Path | None = None
    """The models folder, if not the one that 'models path' names."""

    source: Annotated[str | None, tyro.conf.arg(name="from", metavar="REPOSITORY")] = None
    """Another repository (owner/name) than those listed; for imagebind also the official address, or a .pth file."""

    revision: str | None = None
    """The repository's commit, branch or tag, instead of the one that is known to fit."""

    precision: Literal["half", "full"] = "half"
    """Which weights to take where a network is published in both; a GPU computes in half precision in any case."""

    accept_licence: bool = False
    """Say that you keep the terms of a model that forbids commercial use; without it such a model is not fetched."""

    def run(self) -> int:
        from rich.console import Console

        from ..weights.fetch import new_fetch
        from ..weights.inspection import inspect
        from ..weights.known_models import known_model, needed_models

        console = Console(stderr=True, highlight=False, soft_wrap=True)
        root = chosen_models_folder(self.folder)
        names = self.names or tuple(model.name for model in needed_models(root) if model.is_default)
        if len(names) > 1 and (self.source or self.revision):
            raise ValueError(f"--from and --revision are for one model, got {', '.join(names)}; name one")
        for model in map(known_model, names):
            self._show_licence(model, console)
            fetch = new_fetch(model, root, lambda text: console.print(text, markup=False), self.precision)
            if self.source is not None and Path(self.source).is_file():
                fetch.convert(Path(self.source))
            else:
                fetch.run(self._sources(model))
            console.print(f"{model.name} is complete in {fetch.folder}", style="green", markup=False)
            for note in inspect(model.name, root, with_checksums=False).notes:
                console.print(f"note: {note}", style="yellow", markup=False)
        return 0

    def _show_licence(self, model: "KnownModel", console: "Console") -> None:
        """Raises ValueError for a model that forbids commercial use, unless that was accepted."""
        licence = model.licence
        console.print(f"{model.name}: {licence.name}: {licence.meaning}.", style="yellow", markup=False)
        if licence.forbids_commercial_use and not self.accept_licence:
            raise ValueError(
                f"{model.name} forbids commercial use ({licence.name}); if you keep to that, say so with "
                "--accept-licence. Without it, clip reads words and pictures, under a licence that allows all uses"
            )

    def _sources(self, model: "KnownModel") -> "tuple[Source, ...]":
        from ..weights.known_models import HubRepository, PickledFile

        if self.source is None and self.revision is None:
            return model.sources
        for source in model.sources:
            if isinstance(source, PickledFile) and source.url == self.source:
                return (source,)
            if isinstance(source, HubRepository) and self.source in (None, source.repository):
                return (HubRepository(source.repository, self.revision or source.revision),)
        if self.source is None or self.source.count("/") != 1:
            raise ValueError(
                f"--from: got {self.source!r}, which is no file here; allowed is a repository as owner/name"
            )
        return (HubRepository(self.source, self.revision or "main"),)


@dataclass(frozen=True)
class CheckModels:
    """Compare networks with what was fetched: layout, sizes, checksums. Exit status 1 if anything is wrong."""

    names: Names = ()
    """Which; without names, what profile full reads and all others that are here."""

    folder: Path | None = None
    """The models folder, if not the one that 'models path' names."""

    def run(self) -> int:
        from rich.console import Console

        from ..weights.inspection import inspect
        from ..weights.known_models import KNOWN_MODELS, needed_models

        root = chosen_models_folder(self.folder)
        console = Console(highlight=False, soft_wrap=True)
        needed = needed_models(root)
        names = self.names or tuple(
            model.name for model in KNOWN_MODELS if model in needed or (root / model.name).is_dir()
        )
        inspections = [inspect(name, root) for name in names]
        for inspection in inspections:
            _report(inspection, console)
        return int(any(inspection.state in ("absent", "damaged") for inspection in inspections))


def _report(inspection: "Inspection", console: "Console") -> None:
    manifest = inspection.manifest
    match inspection.state:
        case "whole" if manifest is not None:
            at = f" at {manifest.revision[:12]}" if manifest.revision else ""
            text = f"whole: {len(manifest.files)} files, as they were fetched from {manifest.source}{at}"
            console.print(f"{inspection.model}: {text}", style="green", markup=False)
        case "unverified":
            text = "complete, but copied without a manifest: only the layout could be checked, not the content"
            console.print(f"{inspection.model}: {text}", style="yellow", markup=False)
    for damage in inspection.damages:
        console.print(f"{inspection.model}: {damage.path} {damage.problem}", style="red", markup=False)
        console.print(f"    -> {damage.remedy}", markup=False)
    for note in inspection.notes:
        console.print(f"    note: {note}", markup=False)


@dataclass(frozen=True)
class ModelsPath:
    """Print the folder that serve, generate and doctor read unless told otherwise."""

    def run(self) -> int:
        from rich.console import Console

        Console(highlight=False, soft_wrap=True).print(chosen_models_folder(), markup=False)
        return 0


Action = (
    Annotated[ListModels, tyro.conf.subcommand("list")]
    | Annotated[FetchModels, tyro.conf.subcommand("fetch")]
    | Annotated[CheckModels, tyro.conf.subcommand("check")]
    | Annotated[ModelsPath, tyro.conf.subcommand("path")]
)


@dataclass(frozen=True)
class Models:
    """List, download and check the big networks of profile full; nothing is downloaded without 'models fetch'."""

    action: Action

    def run(self) -> int:
        return self.action.run()
