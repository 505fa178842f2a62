"""Who judges: the encoder that the run itself used, and one that took no part in making the objects."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from jaxtyping import Float
from torch import Tensor

from ..models.folder_layout import BUILTIN_FOLDER
from ..models.load import load_clip, load_image_encoder, load_joint
from ..models.protocols import ImageEncoder, JointEncoder
from ..runtime import JOINT
from .measures.r_precision import PromptPool
from .pairs import Pair

IN_LOOP = "in-loop encoder"
INDEPENDENT = "independent encoder"

JUDGE = "judge"
"""The folder of the built-in second image tower, an image_encoder with its feature_extractor."""

_BATCH = 60


@dataclass(frozen=True)
class Judge:
    """Someone who says what pictures show: an image tower, and the encoder of words and sounds in its space."""

    name: str
    images: ImageEncoder
    words: JointEncoder
    device: torch.device

    def pool(self, pairs: Sequence[Pair]) -> PromptPool:
        """The prompts of these pairs, grouped by class. Raises ValueError for the same pair twice."""
        return PromptPool.embedded(self.words, [pair.text for pair in pairs], [pair.prop_class for pair in pairs])

    @torch.no_grad()
    def seen(self, pictures: Float[Tensor, "V 3 H W"]) -> Float[Tensor, "V E"]:
        """Unit embeddings of pictures in [0, 1], on the CPU."""
        parts = pictures.split(_BATCH)
        return torch.cat([self.images.embed_image(part.to(self.device)).float().cpu() for part in parts])

    def read(self, texts: Sequence[str]) -> Float[Tensor, "N E"]:
        """Unit embeddings of texts, on the CPU."""
        return self.words.embed_text(list(texts)).float().cpu()

    @torch.no_grad()
    def heard(self, waveform: Float[Tensor, "T"], sample_rate: int) -> Float[Tensor, "1 E"]:
        """The unit embedding of a sound, on the CPU. Raises ValueError for an encoder without an audio tower."""
        return self.words.embed_audio(waveform.to(self.device), sample_rate).float().cpu()


def profile_judges(models: Path, device: torch.device) -> tuple[Judge, ...]:
    """The encoder of the run's own model folder, and the built-in second image tower in the built-in word space.

    Raises MissingWeights where a folder lacks one of them.
    """
    transformers.utils.logging.disable_progress_bar()
    own = load_joint(models, device, torch.float32)
    builtin = load_clip(BUILTIN_FOLDER / JOINT, device)
    tower = load_image_encoder(BUILTIN_FOLDER / JUDGE, device)
    return Judge(IN_LOOP, own, own, device), Judge(INDEPENDENT, tower, builtin, device)
