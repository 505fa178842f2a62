"""Who judges: the encoder that the run itself used, and one that took no part in making the objects."""

from pathlib import Path

import torch

from ..models.folder_layout import BUILTIN_FOLDER
from ..models.load import load_clip, load_image_encoder
from .r_precision import PromptPool
from .scores import Judge
from .suite import pool

IN_LOOP = "in-loop encoder"
INDEPENDENT = "independent encoder"


def model_folder(profile: str, models_folder: str) -> Path:
    """Where a profile's networks are."""
    return BUILTIN_FOLDER if profile == "builtin" or not models_folder else Path(models_folder)


def profile_judges(profile: str, models_folder: str, device: torch.device) -> tuple[Judge, ...]:
    """The profile's own encoder, and the built-in second image tower in the built-in word space.

    Raises MissingWeights where a folder lacks one of them.
    """
    own = load_clip(model_folder(profile, models_folder) / "clip", device)
    builtin = load_clip(BUILTIN_FOLDER / "clip", device)
    tower = load_image_encoder(BUILTIN_FOLDER / "judge", device)
    texts, groups = [subject.text for subject in pool()], [subject.prop_class for subject in pool()]
    return (
        Judge(IN_LOOP, own, PromptPool.embedded(own, texts, groups)),
        Judge(INDEPENDENT, tower, PromptPool.embedded(builtin, texts, groups)),
    )
