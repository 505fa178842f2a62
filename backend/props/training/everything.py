"""Trains everything within one time budget: pictures, sounds, networks, export, scores, model card.

The same command again goes on where it stopped, be it after an interrupt or at the end of a lease of a machine.
"""

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from .. import make_dataset
from . import audio, autoencoder, export, images, prior2d, prior3d, words
from .data import PropPictures
from .latents import cached_embeddings, cached_latents
from .prior_options import require_widths
from .results import card, scores
from .running.allowed_numbers import require_at_least, require_more_than_0
from .running.hardware import Hardware
from .running.lanes import Lanes
from .running.plan import HeadStart
from .running.run import Budget
from .running.stages import Stage, run_stages
from .sounds import Synthesis, cached_sounds

_FREE_TO_CHANGE = ("out", "hardware", "workers", "lanes")
_MOST_LANES = 4
"""More would mostly have nothing to do: so few stages can begin at the same time."""
_MINUTES_OF_ALL_SCORES = 10.0


@dataclass(frozen=True)
class Batches:
    """Rows of one step of each training."""

    autoencoder: int
    images: int
    audio: int
    priors: int


ON_CPU = Batches(autoencoder=16, images=96, audio=32, priors=32)
ON_GPU = Batches(autoencoder=96, images=512, audio=256, priors=256)
CPU_WIDTHS, GPU_WIDTHS = (48, 96, 96), (64, 96, 128)
"""The wide ones are the widest with which everything stays below 25 MB in half precision."""


@dataclass(frozen=True)
class Options:
    """Train everything anew, within one time budget: pictures, sounds, networks, export, scores and model card.

    The same command again goes on where it stopped.
    """

    out: Path
    """Gets data/, runs/, models/ (the folders to ship), look/ (contact sheets), logs/, stages.json and options.json."""
    minutes: float = 20.0
    """Wall-clock time of everything together. Pictures and sounds take what they need of it first."""
    hardware: Hardware = field(default_factory=Hardware)
    objects: int = 6000
    """Props to learn from, at least 2; half as many others are rendered for the judge."""
    size: Literal[64, 128] = 64
    """Pixels a side of the pictures; the towers always look at 64."""
    widths: tuple[int, int, int] | None = None
    """Channels of both priors, each a multiple of 16; by default 48 96 96 on a CPU and 64 96 128 on a GPU."""
    sounds_per_class: int = 300
    """Sounds to learn from, of each class that has one."""
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    """Processes that render and synthesise, shared by all lanes."""
    lanes: int | None = None
    """Stages side by side, each in a process of its own: by default one for each core, four at most; a GPU has one."""
    seed: int = 0
    """The same seed gives the same pictures and sounds, and the same first weights."""

    def __post_init__(self) -> None:
        require_more_than_0("minutes", self.minutes)
        require_at_least("objects", self.objects, 2)
        require_at_least("sounds-per-class", self.sounds_per_class, 1)
        require_at_least("workers", self.workers, 1)
        require_at_least("seed", self.seed, 0)
        if self.widths is not None:
            require_widths(self.widths)
        if self.lanes is not None:
            require_at_least("lanes", self.lanes, 1)
        if self.hardware.is_gpu and self.lane_count > 1:
            raise ValueError(f"--lanes: got {self.lanes}; stages would wait for each other on one GPU, so leave it out")

    @property
    def lane_count(self) -> int:
        if self.lanes is not None:
            return self.lanes
        return 1 if self.hardware.is_gpu else min(os.cpu_count() or 1, _MOST_LANES)


def main(options: Options) -> None:
    """Train all, or what is left of it. Raises ValueError for other options than the folder was begun with."""
    options.hardware.settle()
    _require_same(options)
    if options.lane_count == 1:
        run_stages(stages(options), options.minutes, options.out)
        return
    with Lanes(options.lane_count, options.out / "logs") as lanes:
        run_stages(stages(options), options.minutes, options.out, lanes)


def stages(options: Options) -> tuple[Stage, ...]:
    """Every stage in order, with its share of the time and what it needs.

    The shares are those of the networks in the package, whose stages were given minutes one by one.

    The 3D-aware prior starts from the 2D one's averaged weights, whose use lies in what they know of props at all: with
    two lanes it does not wait for the finished ones.
    """
    work = _Work(options)
    towers = ("autoencoder", "images", "audio")
    return (
        Stage("pictures", 0.0, work.pictures),
        Stage("sounds", 0.0, work.sounds),
        Stage("autoencoder", 0.06, work.autoencoder, 60.0, after=("pictures",)),
        Stage("words", 0.05, work.words, 5.0),
        Stage("images", 0.19, work.images, 150.0, after=("pictures", "words")),
        Stage("latents", 0.0, work.latents, after=("autoencoder",)),
        Stage("audio", 0.12, work.audio, 90.0, after=("sounds", "words")),
        Stage("embeddings", 0.0, work.embeddings, after=("images",)),
        Stage("prior2d", 0.31, work.prior2d, after=(*towers, "latents", "embeddings")),
        Stage("prior3d", 0.13, work.prior3d, after=("latents", "embeddings"), head_start=HeadStart("prior2d", 0.25)),
        Stage("judge", 0.17, work.judge, 120.0, after=("pictures", "words")),
        Stage("decoder", 0.02, work.decoder, 30.0, after=("autoencoder",)),
        Stage("export", 0.0, work.export, after=("judge", "decoder", "prior2d", "prior3d")),
        Stage("scores", 0.04, work.scores, _MINUTES_OF_ALL_SCORES, after=("export",)),
        Stage("card", 0.0, work.card, after=("scores",)),
    )


class _Work:
    """What each stage does; folders and seeds are decided here and nowhere else."""

    def __init__(self, options: Options) -> None:
        self._options, self._hardware = options, options.hardware
        self._batches = ON_GPU if options.hardware.is_gpu else ON_CPU
        self._widths = options.widths or (GPU_WIDTHS if options.hardware.is_gpu else CPU_WIDTHS)
        self._data, self._runs = options.out / "data", options.out / "runs"
        self._joint, self._cache = self._runs / "joint", self._runs / "cache"
        self._vae = self._runs / "autoencoder" / "vae"
        self._workers = max(1, options.workers // options.lane_count)
        self._sound_file = self._data / "sounds.pt"

    def pictures(self, minutes: float) -> None:
        count, seed = self._options.objects, self._options.seed
        for name, objects, own_seed, with_holdouts in (
            ("train", count, seed + 1, False),
            ("judge", count // 2, seed + 2, True),
            ("test", max(24, count // 15), seed + 3, True),
        ):
            folder = self._data / name
            if not (folder / "READY").exists():
                make_dataset.main(
                    make_dataset.Options(
                        out=folder,
                        objects=objects,
                        seed=own_seed,
                        include_holdouts=with_holdouts,
                        size=self._options.size,
                        workers=self._workers,
                    )
                )

    def sounds(self, minutes: float) -> None:
        cached_sounds(self._sound_file, self._synthesis())

    def autoencoder(self, minutes: float) -> None:
        autoencoder.main(
            autoencoder.Options(
                data=self._data / "train",
                run=self._runs / "autoencoder",
                budget=Budget(minutes=minutes, learning_rate=2e-3),
                hardware=self._hardware,
                batch=self._batches.autoencoder,
                resume=True,
                seed=self._options.seed,
            )
        )

    def decoder(self, minutes: float) -> None:
        """Decoding learns on while the priors learn the latents, which stay."""
        autoencoder.main(
            autoencoder.Options(
                data=self._data / "train",
                run=self._runs / "decoder",
                encoder=self._vae,
                budget=Budget(minutes=minutes),
                hardware=self._hardware,
                batch=self._batches.autoencoder,
                resume=True,
                seed=self._options.seed + 20,
            )
        )

    def words(self, minutes: float) -> None:
        words.main(
            words.Options(
                run=self._joint,
                budget=Budget(minutes=minutes),
                hardware=self._hardware,
                resume=True,
                seed=self._options.seed + 10,
            )
        )

    def images(self, minutes: float) -> None:
        self._images("train", self._joint, minutes, judge=False)

    def judge(self, minutes: float) -> None:
        self._images("judge", self._runs / "judge", minutes, judge=True)

    def audio(self, minutes: float) -> None:
        audio.main(
            audio.Options(
                sounds=self._sound_file,
                words=self._joint,
                run=self._joint,
                synthesis=self._synthesis(),
                budget=Budget(minutes=minutes),
                hardware=self._hardware,
                batch=self._batches.audio,
                resume=True,
                seed=self._options.seed + 13,
            )
        )

    def latents(self, minutes: float) -> None:
        """The priors would compute these when they begin, with nobody to wait for them in parallel."""
        self._hardware.settle()
        cached_latents(PropPictures.load(self._data / "train"), self._vae, self._cache, self._hardware)

    def embeddings(self, minutes: float) -> None:
        self._hardware.settle()
        pictures = PropPictures.load(self._data / "train")
        cached_embeddings(pictures, self._joint / "image_encoder", self._cache, self._hardware)

    def prior2d(self, minutes: float) -> None:
        prior2d.main(
            prior2d.Options(
                data=self._data / "train",
                run=self._runs / "prior2d",
                autoencoder=self._vae,
                joint=self._joint,
                latents=self._cache,
                sounds=self._sound_file,
                widths=self._widths,
                budget=Budget(minutes=minutes),
                hardware=self._hardware,
                batch=self._batches.priors,
                resume=True,
                seed=self._options.seed + 14,
            )
        )

    def prior3d(self, minutes: float) -> None:
        prior3d.main(
            prior3d.Options(
                data=self._data / "train",
                run=self._runs / "prior3d",
                autoencoder=self._vae,
                joint=self._joint,
                latents=self._cache,
                prior2d=self._runs / "prior2d",
                budget=Budget(minutes=minutes),
                hardware=self._hardware,
                batch=self._batches.priors,
                resume=True,
                seed=self._options.seed + 15,
            )
        )

    def export(self, minutes: float) -> None:
        export.main(
            export.Options(
                autoencoder=self._runs / "autoencoder",
                joint=self._joint,
                judge=self._runs / "judge",
                prior2d=self._runs / "prior2d",
                prior3d=self._runs / "prior3d",
                decoder=self._runs / "decoder",
                out=self._options.out / "models",
            )
        )

    def scores(self, minutes: float) -> None:
        """A short training is scored on fewer objects; a GPU has time for all."""
        share = 1.0 if self._hardware.is_gpu else min(1.0, minutes / _MINUTES_OF_ALL_SCORES)
        every = scores.Options(self._options.out / "models", self._data / "test", self._options.out / "look")
        scores.main(
            replace(
                every,
                hardware=self._hardware,
                pairs=max(8, round(share * every.pairs)),
                objects=max(8, round(share * every.objects)),
                sounds=max(2, round(share * every.sounds)),
                seed=self._options.seed,
            )
        )

    def card(self, minutes: float) -> None:
        card.main(card.Options(self._options.out))

    def _images(self, data: str, run: Path, minutes: float, judge: bool) -> None:
        images.main(
            images.Options(
                data=self._data / data,
                words=self._joint,
                run=run,
                judge=judge,
                budget=Budget(minutes=minutes),
                hardware=self._hardware,
                batch=self._batches.images,
                resume=True,
                seed=self._options.seed + (12 if judge else 11),
            )
        )

    def _synthesis(self) -> Synthesis:
        options = self._options
        return Synthesis(options.sounds_per_class, self._workers, options.seed + 4)


def _require_same(options: Options) -> None:
    """A run that goes on with other options would be neither the one nor the other."""
    file = options.out / "options.json"
    asked = {name: value for name, value in asdict(options).items() if name not in _FREE_TO_CHANGE}
    asked = json.loads(json.dumps(asked))
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asked, indent=1) + "\n")
        return
    begun = json.loads(file.read_text())
    changed = [name for name in asked if asked[name] != begun.get(name)]
    if changed:
        facts = ", ".join(f"{name} was {begun.get(name)} and is now {asked[name]}" for name in changed)
        raise ValueError(f"{options.out} was begun with other options: {facts}; use the same, or another --out")
