"""CLIP's two towers, and CLAP's for sounds where a folder has it, as the joint encoder of prompts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from transformers import CLIPTextModelWithProjection, PreTrainedTokenizerBase

from .clap_audio import ClapAudio
from .clip_vision import ClipVision
from .closed_tokenizer import closed_word_reader
from .word_reader import WordReader


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

    @cached_property
    def reader(self) -> WordReader | None:
        """What a closed vocabulary makes of a text; None for an open one, which takes in every word."""
        return closed_word_reader(self.tokenizer, self.text_tower.config.max_position_embeddings)

    def move(self, device: torch.device) -> None:
        """The image tower; the others follow when a prompt needs them."""
        self.vision.move(device)

    @torch.no_grad()
    def embed_text(self, texts: Sequence[str]) -> Float[Tensor, "B E"]:
        """Unit vectors; words outside a closed vocabulary are left out, and text beyond the context is cut.

        Raises ValueError for a text without a word that the encoder knows and that describes something.
        """
        length = self.text_tower.config.max_position_embeddings
        batch = self.tokenizer(
            [self._read(text) for text in texts],
            padding="max_length",
            max_length=length,
            truncation=True,
            return_tensors="pt",
        )
        tower = self.text_tower.to(self._device)
        return F.normalize(tower(batch.input_ids.to(self._device)).text_embeds.float(), dim=1)

    def embed_image(self, image: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B E"]:
        """Image in [0, 1], any size -> unit vectors. Differentiable with respect to the image."""
        return self.vision.embed_image(image)

    def embed_audio(self, waveform: Float[Tensor, "T"], sample_rate: int) -> Float[Tensor, "1 E"]:
        """Mono, any length and rate -> unit vector. Raises ValueError for silence, and without an audio tower."""
        if self.audio is None:
            raise ValueError("this encoder takes text and image prompts, no sound; use one with audio")
        self.audio.tower.to(self._device)
        return self.audio.embed_audio(waveform, sample_rate)

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """The words of ``text`` this encoder was never taught; empty for an open vocabulary."""
        return () if self.reader is None else self.reader.read(text).unknown

    def release(self) -> None:
        """Move the text and the audio tower to the host's memory; the next prompt brings back the one it needs."""
        self.text_tower.to("cpu")
        if self.audio is not None:
            self.audio.tower.to("cpu")

    @property
    def _device(self) -> torch.device:
        """Where prompts are read: the image tower stays there."""
        return self.vision.tower.device

    def _read(self, text: str) -> str:
        """The part of ``text`` that the text tower is given."""
        if self.reader is None:
            if not text.strip():
                raise ValueError("the prompt is empty; write what to make")
            return text
        reading = self.reader.read(text)
        if not reading.has_meaning:
            near = [known for word in reading.unknown for known in self.reader.nearest(word)]
            advice = f"did you mean {', '.join(near)}?" if near else "the model's page lists the words it knows"
            raise ValueError(f"the prompt {text!r} has no word that the model knows to describe an object; {advice}")
        return reading.text
