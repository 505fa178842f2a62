"""CLIP's two towers, and CLAP's for sounds where a folder has it, as the joint encoder of prompts."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from transformers import CLIPTextModelWithProjection, PreTrainedTokenizerBase

from .clap_audio import ClapAudio
from .clip_vision import ClipVision
from .vocabulary import Vocabulary


@dataclass(frozen=True)
class ClipEncoder:
    """A JointEncoder for text, images and, with ``audio``, sounds. Embeddings are float32 unit vectors in any dtype.

    ``vision`` alone is an ImageEncoder, for the places that never read text.
    """

    text_tower: CLIPTextModelWithProjection
    tokenizer: PreTrainedTokenizerBase
    vision: ClipVision
    audio: ClapAudio | None = None

    @property
    def modalities(self) -> tuple[str, ...]:
        return ("text", "image") if self.audio is None else ("text", "image", "audio")

    @property
    def input_size(self) -> int:
        return self.vision.input_size

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.tokenizer)

    @torch.no_grad()
    def embed_text(self, texts: Sequence[str]) -> Float[Tensor, "B E"]:
        """Unit vectors; text beyond the encoder's context is cut. Raises ValueError for a text with no known word."""
        for text in texts:
            self._require_known_words(text)
        length = self.text_tower.config.max_position_embeddings
        batch = self.tokenizer(
            list(texts), padding="max_length", max_length=length, truncation=True, return_tensors="pt"
        )
        return F.normalize(self.text_tower(batch.input_ids.to(self.text_tower.device)).text_embeds.float(), dim=1)

    def embed_image(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B E"]:
        """Image in [0, 1], any size -> unit vectors. Differentiable with respect to the image."""
        return self.vision.embed_image(image)

    def embed_audio(self, waveform: Float[Tensor, "T"], sample_rate: int) -> Float[Tensor, "1 E"]:
        """Mono, any length and rate -> unit vector. Raises ValueError for silence, and without an audio tower."""
        if self.audio is None:
            raise ValueError("this encoder takes text and image prompts, no sound; use one with audio")
        return self.audio.embed_audio(waveform, sample_rate)

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """The words of ``text`` this encoder was never taught; empty for an open vocabulary."""
        return self.vocabulary.unknown(text)

    def nearest_words(self, word: str, n: int = 3) -> tuple[str, ...]:
        """Up to n known words spelt like ``word``, best first; empty for an open vocabulary."""
        return self.vocabulary.nearest(word, n)

    def _require_known_words(self, text: str) -> None:
        if self.vocabulary.known(text):
            return
        unknown = self.unknown_words(text)
        if not unknown:
            raise ValueError(f"the prompt {text!r} names nothing; write what to make")
        near = [candidate for word in unknown for candidate in self.nearest_words(word)]
        advice = f"did you mean {', '.join(near)}?" if near else "the model's page lists the words it knows"
        raise ValueError(f"the model knows none of the words {', '.join(unknown)}; {advice}")
