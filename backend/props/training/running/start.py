"""What every training does before its first draw."""

from pathlib import Path

import torch

from .chance import Chance
from .hardware import Hardware
from .record import write_record


def start_training(folder: Path, batch: int, seed: int, hardware: Hardware) -> Chance:
    """Settle the hardware, seed torch, leave a record in ``folder``, and hand out what the training draws from."""
    hardware.settle()
    torch.manual_seed(seed)
    write_record(folder, batch, seed, hardware)
    return Chance(seed, hardware.place)
