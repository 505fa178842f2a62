"""What every training does before its first draw."""

from pathlib import Path

import torch

from .chance import Chance
from .record import RECORD_FILE, write_record
from .run import CHECKPOINT_FILE, CURVE_FILE
from .run_options import RunOptions


def start_training(folder: Path, options: RunOptions) -> Chance:
    """Settle the hardware, seed torch, leave a record in ``folder``, and hand out what the training draws from.

    Raises ValueError where ``folder`` holds a checkpoint and nothing was said about it: a training that begins anew
    would soon overwrite it.
    """
    if options.restart:
        for name in (CHECKPOINT_FILE, CURVE_FILE, RECORD_FILE):
            (folder / name).unlink(missing_ok=True)
    elif not options.resume and (folder / CHECKPOINT_FILE).exists():
        raise ValueError(
            f"{folder} holds the checkpoint of an earlier training; go on with --resume, begin again with --restart, "
            "which deletes it, or choose another --run"
        )
    options.hardware.settle()
    torch.manual_seed(options.seed)
    write_record(folder, options.batch, options.seed, options.hardware)
    return Chance(options.seed, options.hardware.place)
