"""What a training reads of others, looked for before anything is written.

The loaders of transformers and diffusers take a path that is not there for the name of a model on a hub.
"""

from pathlib import Path
from typing import Literal

from .attributes import READERS_FILE

Training = Literal["autoencoder", "words", "images", "audio", "prior2d"]

_LEFT_BY: dict[Training, tuple[str, ...]] = {
    "autoencoder": ("config.json", "diffusion_pytorch_model.safetensors"),
    "words": ("text_encoder/model.safetensors", "tokenizer/tokenizer.json", READERS_FILE),
    "images": ("image_encoder/model.safetensors",),
    "audio": ("audio_encoder/model.safetensors",),
    "prior2d": ("shape.json", "checkpoint.pt"),
}


def require_finished(option: str, folder: Path, *trainings: Training) -> None:
    """Raises ValueError, naming the option, unless the folder holds what these trainings leave."""
    for training in trainings:
        missing = [name for name in _LEFT_BY[training] if not (folder / name).exists()]
        if missing:
            raise ValueError(
                f"--{option}: {folder} lacks {', '.join(missing)}, which `train {training}` makes; do that first, or "
                "give the folder where it was done"
            )
