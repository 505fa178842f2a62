"""What a finished run says of itself: its data, its trainings, its networks and its command, read from its files."""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

from ...make_dataset import spec_from_record
from ..diffusion import UnetShape
from ..running.record import TrainingRecord
from ..running.stages import StageLedger

TRAININGS = {
    "autoencoder": "autoencoder",
    "words": "joint/words",
    "images": "joint/images",
    "audio": "joint/audio",
    "judge": "judge/images",
    "prior2d": "prior2d",
    "prior3d": "prior3d",
}
"""Each training and its folder with checkpoint, curve and record under `runs`, as `train all` lays them out."""

DECODER = "decoder"
"""A training, and its folder, that a run may have or not: the autoencoder's decoder alone."""


@dataclass(frozen=True)
class PictureFacts:
    """held_out: objects that training must not show, by colour or material."""

    objects: int
    views: int
    size: int
    classes: int
    colours: int
    held_out: int

    @staticmethod
    def read(folder: Path) -> "PictureFacts":
        """Of a finished data set."""
        specs = [spec_from_record(record) for record in json.loads((folder / "specs.json").read_text())]
        shape = np.load(folder / "alpha.npy", mmap_mode="r").shape
        return PictureFacts(
            objects=shape[0],
            views=shape[1],
            size=shape[2],
            classes=len({spec.prop_class for spec in specs}),
            colours=len({spec.colour for spec in specs}),
            held_out=sum(spec.is_held_out for spec in specs),
        )


@dataclass(frozen=True)
class SoundFacts:
    """sounds: of all classes together; each gives one to three windows."""

    classes: int
    sounds: int
    windows: int

    @staticmethod
    def read(file: Path) -> "SoundFacts":
        """Of the cache of training/sounds.py."""
        kept = torch.load(file, weights_only=True, mmap=True)
        return SoundFacts(len(kept["classes"].unique()), len(kept["classes"]), len(kept["mels"]))


@dataclass(frozen=True)
class TrainingFacts:
    """record: None where the training left none."""

    steps: int
    minutes: float
    record: TrainingRecord | None

    @staticmethod
    def read(folder: Path) -> "TrainingFacts":
        """From the checkpoint of a training and the record beside it."""
        state = torch.load(folder / "checkpoint.pt", weights_only=True, map_location="cpu", mmap=True)
        return TrainingFacts(state["step"], state["seconds"] / 60.0, TrainingRecord.read(folder))


def parameter_count(folder: Path) -> int:
    """Numbers in the weights of one network's folder."""
    total = 0
    for file in folder.glob("*.safetensors"):
        with safe_open(file, framework="pt") as weights:
            total += sum(int(np.prod(weights.get_slice(name).get_shape())) for name in weights.keys())  # noqa: SIM118
    return total


def wall_minutes(run: Path) -> float | None:
    """Of everything that stages.json tells; None where a run was not made by `train all`."""
    file = run / "stages.json"
    return StageLedger(run).spent_minutes if file.exists() else None


def command(run: Path) -> str | None:
    """The command that began a run, from its options.json; None where there is none."""
    file = run / "options.json"
    if not file.exists():
        return None
    words = ["python", "-m", "any_to_3d.backend.props.train", "all", "--out", "RUN"]
    for name, value in json.loads(file.read_text()).items():
        if value is not None:
            values = value if isinstance(value, list) else [value]
            words += [f"--{name.replace('_', '-')}", *(str(each) for each in values)]
    return shlex.join(words)


@dataclass(frozen=True)
class RunFacts:
    """Everything the model card tells; None where a run has not recorded it. widths: of both priors."""

    pictures: dict[str, PictureFacts]
    sounds: SoundFacts | None
    trainings: dict[str, TrainingFacts]
    widths: tuple[int, int, int]
    wall_minutes: float | None
    command: str | None

    @staticmethod
    def read(run: Path) -> "RunFacts":
        """Of a folder of `train all`. Raises ValueError where it holds no finished data set or no training."""
        sets = {name: run / "data" / name for name in ("train", "judge", "test")}
        pictures = {name: PictureFacts.read(folder) for name, folder in sets.items() if (folder / "READY").exists()}
        folders = {name: run / "runs" / place for name, place in [*TRAININGS.items(), (DECODER, DECODER)]}
        trained = {name: folder for name, folder in folders.items() if (folder / "checkpoint.pt").exists()}
        missing = [f"data/{name}" for name in sets if name not in pictures]
        missing += [f"runs/{TRAININGS[name]}" for name in TRAININGS if name not in trained]
        if missing:
            raise ValueError(f"{run} is no finished run of `train all`: it lacks {', '.join(missing)}")
        sounds = run / "data" / "sounds.pt"
        return RunFacts(
            pictures=pictures,
            sounds=SoundFacts.read(sounds) if sounds.exists() else None,
            trainings={name: TrainingFacts.read(folder) for name, folder in trained.items()},
            widths=UnetShape.read(folders["prior2d"]).widths,
            wall_minutes=wall_minutes(run),
            command=command(run),
        )

    @property
    def training_minutes(self) -> float:
        """Of all trainings together, one after the other."""
        return sum(facts.minutes for facts in self.trainings.values())

    @property
    def machines(self) -> tuple[str, ...]:
        """Of all trainings, each once."""
        records = [facts.record for facts in self.trainings.values() if facts.record is not None]
        return tuple(dict.fromkeys(machine for record in records for machine in record.machines))
