"""ImageBind as the joint encoder of words, pictures and sounds.

Its towers are ours (imagebind_towers.py); only the weights are its authors', under CC BY-NC-SA 4.0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .clip_vision import ImagePreprocessing
from .imagebind_sound import sound_pictures
from .imagebind_text import PromptTokens
from .imagebind_towers import ImageBindTower

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)


def image_preprocessing(size: int) -> ImagePreprocessing:
    """Short side to ``size``, centre crop, and CLIP's statistics (ImageBind's data.py)."""
    return ImagePreprocessing(size, CLIP_MEAN, CLIP_DEVIATION)


@dataclass(frozen=True)
class ImageBindVision:
    """An ImageEncoder: OpenCLIP's frozen ViT-H, which ImageBind and Stable unCLIP share."""

    tower: ImageBindTower
    preprocessing: ImagePreprocessing

    @property
    def input_size(self) -> int:
        return self.preprocessing.size

    @property
    def network(self) -> nn.Module:
        """The part that does the work."""
        return self.tower.trunk

    def move(self, device: torch.device) -> None:
        self.tower.to(device)

    def raw_embedding(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B E"]:
        """Image in [0, 1], any size -> unnormalised embeddings, float32."""
        return self.tower.raw_embedding(self.preprocessing.applied(image).to(self.tower.dtype)).float()

    def embed_image(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B E"]:
        """Image in [0, 1], any size -> unit vectors, float32. Differentiable with respect to the image."""
        return F.normalize(self.raw_embedding(image), dim=1)


@dataclass(frozen=True)
class ImageBindEncoder:
    """A JointEncoder; embeddings are unit vectors of 1024 numbers, float32 in any dtype of the towers.

    ``vision`` alone is an ImageEncoder, for the places that never read a prompt: it is the only copy of that tower.
    device: where prompts are read; ``release`` takes the other two towers away from there until the next prompt.
    """

    vision: ImageBindVision
    text: ImageBindTower
    audio: ImageBindTower
    tokens: PromptTokens
    device: torch.device
    modalities: tuple[str, ...] = ("text", "image", "audio")

    @property
    def input_size(self) -> int:
        return self.vision.input_size

    def move(self, device: torch.device) -> None:
        """The image tower; the others follow when a prompt needs them."""
        self.vision.move(device)

    @torch.no_grad()
    def embed_text(self, texts: Sequence[str]) -> Float[Tensor, "B E"]:
        """Unit vectors; text beyond the context is cut. Raises ValueError for a text without a word."""
        ids = self.tokens.ids(texts).to(self.device)
        return F.normalize(self.text.to(self.device)(ids).float(), dim=1)

    def embed_image(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B E"]:
        """Image in [0, 1], any size -> unit vectors. Differentiable with respect to the image."""
        return self.vision.embed_image(image)

    @torch.no_grad()
    def embed_audio(self, waveform: Float[Tensor, "T"], sample_rate: int) -> Float[Tensor, "1 E"]:
        """The mean over three clips of two seconds; errors as ``sound_pictures``."""
        pictures = sound_pictures(waveform, sample_rate).to(self.device, self.audio.dtype)
        return F.normalize(self.audio.to(self.device)(pictures).float().mean(dim=0, keepdim=True), dim=1)

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """Always empty: byte pairs spell every word."""
        return ()

    def release(self) -> None:
        """Move the text and the audio tower to the host's memory; the next prompt brings back the one it needs."""
        for tower in (self.text, self.audio):
            tower.to("cpu")
