"""What a training leaves behind about itself, beside checkpoint and curve: its batch, its seed and its machines."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from ....processor import processor_name
from .hardware import Hardware

RECORD_FILE = "training.json"


@dataclass(frozen=True)
class TrainingRecord:
    """machines: in the order in which the parts of a resumed training met them, each once."""

    batch: int
    seed: int
    machines: tuple[str, ...]

    @staticmethod
    def read(folder: Path) -> "TrainingRecord | None":
        """Nothing where a training left no record."""
        file = folder / RECORD_FILE
        if not file.exists():
            return None
        fields = json.loads(file.read_text())
        return TrainingRecord(fields["batch"], fields["seed"], tuple(fields["machines"]))


def write_record(folder: Path, batch: int, seed: int, hardware: Hardware) -> None:
    """Write `folder`/training.json, or add this machine to it."""
    folder.mkdir(parents=True, exist_ok=True)
    earlier = TrainingRecord.read(folder)
    machines = (*earlier.machines, machine_kind(hardware)) if earlier else (machine_kind(hardware),)
    record = TrainingRecord(batch, seed, tuple(dict.fromkeys(machines)))
    (folder / RECORD_FILE).write_text(json.dumps(asdict(record), indent=1) + "\n")


def machine_kind(hardware: Hardware) -> str:
    """The GPU by its name, or how many threads of which processor."""
    if hardware.is_gpu:
        return torch.cuda.get_device_name(hardware.place)
    threads = f"{hardware.threads} thread{'s' if hardware.threads > 1 else ''}"
    return f"{threads} on {os.cpu_count()} cores of {processor_name()}"
