"""Who judges: the encoder that the run itself used, and one that took no part in making the objects."""

from pathlib import Path

import torch
import transformers

from ..models.folder_layout import BUILTIN_FOLDER
from ..models.load import load_clip, load_image_encoder
from ..runtime import JOINT
from .r_precision import PromptPool
from .scores import Judge
from .suite import pool

IN_LOOP = "in-loop encoder"
INDEPENDENT = "independent encoder"

JUDGE = "judge"
"""The folder of the built-in second image tower, an image_encoder with its feature_extractor."""


def profile_judges(models: Path, device: torch.device) -> tuple[Judge, ...]:
    """The encoder of the run's own model folder, and the built-in second image tower in the built-in word space.

    Raises MissingWeights where a folder lacks one of them.
    """
    transformers.utils.logging.disable_progress_bar()
    own = load_clip(models / JOINT, device)
    builtin = load_clip(BUILTIN_FOLDER / JOINT, device)
    tower = load_image_encoder(BUILTIN_FOLDER / JUDGE, device)
    subjects = pool(builtin.unknown_words)
    texts, groups = [subject.text for subject in subjects], [subject.prop_class for subject in subjects]
    return (
        Judge(IN_LOOP, own, PromptPool.embedded(own, texts, groups)),
        Judge(INDEPENDENT, tower, PromptPool.embedded(builtin, texts, groups)),
    )
