"""``any-to-3d props``: the props that the built-in models learned from, as GLB files, pictures and sounds."""

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from ..props.class_table import CLASS_TABLE
from ..props.materials import MATERIALS, PATTERNS
from ..props.palette import COLOURS
from .places import make_writable_folder, require_writable_parent

if TYPE_CHECKING:
    import numpy as np
    from rich.console import Console

    from ..props.spec import PropSpec

MOST_PROPS = 10_000


@dataclass(frozen=True)
class Props:
    """Make game props by rule, without any network: pass --out, --sheet or --sounds; else list what there is.

    Whatever you leave open is drawn at random: class, colours, material, pattern, proportion and small variations.
    """

    classes: Annotated[tuple[str, ...], tyro.conf.arg(name="class", metavar="NAME ...")] = ()
    """Which classes, such as chair house; "all" for each of them."""

    count: int = 1
    """How many of each class given; how many in all if none is."""

    colour: str | None = None
    """red, orange ..."""

    second_colour: str | None = None
    """Of the second part, such as a house's roof; "none" leaves that part as it usually is."""

    material: str | None = None
    """wood, stone, metal, plastic, cloth, glass, or plain for flat colours."""

    pattern: str | None = None
    """plain, striped, dotted or checked."""

    proportion: str | None = None
    """normal, tall or wide."""

    seed: int = 0
    """The same options and seed give the same props."""

    out: Path | None = None
    """Folder for one GLB a prop; it is made if missing."""

    sheet: Path | None = None
    """A PNG with eight sides of every prop."""

    sounds: Path | None = None
    """Folder for WAV files of what the classes sound like, --count of each; where no class is given, of all that have a
    sound."""

    height: float | None = None
    """Each prop's height in metres; by default about 1.6 units across."""

    texture_size: int = 512
    """Pixels a side of each GLB's texture."""

    picture_size: int = 128
    """Pixels a side of each picture on the sheet."""

    def run(self) -> int:
        from rich.console import Console

        console = Console(highlight=False, soft_wrap=True)
        self._check_numbers()
        if self.out is None and self.sheet is None and self.sounds is None:
            self._require_no_wishes()
            console.print(listing(), markup=False)
            return 0
        specs = [] if self.out is None and self.sheet is None else self.specs()
        if self.sounds is not None:
            self._write_sounds(self.sounds, console)
        if self.out is not None:
            make_writable_folder("--out", self.out)
            self._write_all(specs, self.out, console)
        if self.sheet is not None:
            self._draw_sheet(specs, self.sheet)
            console.print(f"{self.sheet}: {len(specs)} props from eight sides", markup=False)
        return 0

    def specs(self) -> "list[PropSpec]":
        """The chosen props. Raises ValueError for a word that the built-in world does not have."""
        import numpy as np

        rng = np.random.default_rng(self.seed)
        names = tuple(CLASS_TABLE) if "all" in self.classes else self.classes
        wanted: list[str | None] = [name for name in names for _ in range(self.count)] or [None] * self.count
        return [self._chosen(name, rng) for name in wanted]

    def _chosen(self, prop_class: str | None, rng: "np.random.Generator") -> "PropSpec":
        """A random prop in which everything that was asked for is as asked."""
        from ..props.spec import changed, sample_spec

        drawn = sample_spec(rng, with_holdouts=True, prop_class=prop_class)
        second = drawn.second_colour if self.second_colour is None else self.second_colour
        # A random colour gives way to one that was asked for.
        if self.second_colour is None and second == self.colour:
            second = None
        colour = drawn.colour if self.colour is None else self.colour
        if self.colour is None and colour == second:
            colour = next(name for name in COLOURS if name != second)
        return changed(
            drawn,
            colour=colour,
            second_colour=None if second == "none" else second,
            material=self.material,
            pattern=self.pattern,
            proportion=self.proportion,
        )

    def _require_no_wishes(self) -> None:
        """The list is always the same: whoever says what to draw must also say where to."""
        if given := self._wishes():
            # A word that does not exist is the greater mistake.
            self.specs()
            raise ValueError(
                f"got {', '.join(given)}, but nothing to write; add --out FOLDER for GLB files, --sheet FILE.png for a "
                "picture or --sounds FOLDER for sounds, or pass nothing at all for the list"
            )

    def _wishes(self, without: tuple[str, ...] = ()) -> list[str]:
        """The options that are not as they are by default, as they are typed."""
        given = []
        for field in fields(self):
            name, value = field.name.replace("_", "-"), getattr(self, field.name)
            if field.name in without:
                continue
            if field.name == "classes" and value:
                given.append(f"--class {' '.join(value)}")
            elif value != field.default:
                given.append(f"--{name} {value}")
        return given

    def _write_sounds(self, folder: Path, console: "Console") -> None:
        """Of classes without a sound, none; and a sound has no colour."""
        from ..props.sounds.clip import SOUNDING_CLASSES, require_sounding
        from ..props.sounds.examples import write_examples

        if self.out is None and self.sheet is None and (given := self._wishes(("classes", "count", "seed", "sounds"))):
            raise ValueError(
                f"got {', '.join(given)}, which no sound has; --sounds goes by --class, --count and --seed"
            )
        named = SOUNDING_CLASSES if not self.classes or "all" in self.classes else self.classes
        for name in named:
            require_sounding(name)
        make_writable_folder("--sounds", folder)
        for path in write_examples(folder, self.count, self.seed, named):
            console.print(str(path), markup=False)

    def _check_numbers(self) -> None:
        if self.seed < 0:
            raise ValueError(f"--seed: got {self.seed}; need a whole number of at least 0")
        if not 1 <= self.count <= MOST_PROPS:
            raise ValueError(f"--count: got {self.count}; allowed is 1 to {MOST_PROPS}")
        if self.height is not None and not self.height > 0:
            raise ValueError(f"--height: got {self.height} m; need more than 0")
        if not 16 <= self.texture_size <= 4096:
            raise ValueError(f"--texture-size: got {self.texture_size}; allowed is 16 to 4096")
        if not 16 <= self.picture_size <= 1024:
            raise ValueError(f"--picture-size: got {self.picture_size}; allowed is 16 to 1024")
        if self.sheet is not None and self.sheet.suffix.lower() != ".png":
            raise ValueError(f"--sheet is {str(self.sheet)!r}; sheets are written as PNG, so end it with .png")
        if self.sheet is not None:
            require_writable_parent("--sheet", self.sheet)

    def _write_all(self, specs: "list[PropSpec]", folder: Path, console: "Console") -> None:
        from ..props.export import write_prop

        for number, spec in enumerate(specs):
            path = folder / f"{file_name(spec)}-{number:04d}.glb"
            faces = write_prop(spec, path, self.height, self.texture_size)
            console.print(f"{path}: {faces} faces", markup=False)

    def _draw_sheet(self, specs: "list[PropSpec]", path: Path) -> None:
        from ..props.captions import description
        from ..props.contact_sheet import SheetRow, contact_sheet

        rows = [SheetRow(description(spec), spec) for spec in specs]
        contact_sheet(rows, self.picture_size, columns=1 if len(rows) < 8 else 2).save(path, optimize=True)


def listing() -> str:
    """All that can be asked for."""
    from ..props.sounds.clip import SOUNDING_CLASSES

    width = max(len(name) for name in CLASS_TABLE)
    lines = [
        f"  {name:<{width}}  second colour: {facts.second_part:<12}  usually {', '.join(facts.materials)}"
        for name, facts in CLASS_TABLE.items()
    ]
    return "\n".join(
        [
            f"{len(CLASS_TABLE)} classes:",
            *lines,
            f"colours: {', '.join(COLOURS)}",
            f"materials: {', '.join(MATERIALS)}",
            f"patterns: {', '.join(PATTERNS)}",
            f"sounds: {', '.join(SOUNDING_CLASSES)}",
            "Pass --out FOLDER for GLB files, --sheet FILE.png for pictures, --sounds FOLDER for WAV files.",
        ]
    )


def file_name(spec: "PropSpec") -> str:
    """The prop's description as part of a file name.

    >>> from any_to_3d.backend.props.spec import PropSpec
    >>> file_name(PropSpec("house", "red", "blue", "wood"))
    'red-wooden-house-with-a-blue-roof'
    """
    from ..props.captions import description

    return re.sub(r"[^a-z]+", "-", description(spec).removeprefix("an ").removeprefix("a "))
