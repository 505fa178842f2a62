"""Cross-attention tokens: the prompt in words for networks that read, one silent token for those that do not."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from transformers import CLIPTextModel, PreTrainedTokenizerBase

from .view_words import view_prompts


@dataclass(frozen=True)
class CrossTokens:
    """views: one row per entry of VIEWS, or a single row for all cameras; negative: the unconditional branch's."""

    views: Float[Tensor, "V L D"]
    negative: Float[Tensor, "1 L D"]


@dataclass(frozen=True)
class TextTokens:
    """Hidden states of the folder's own text encoder (last layer, after the final norm), as its pipeline uses them.

    Prompts longer than the encoder's context are cut there, as in every Stable Diffusion pipeline.
    """

    tokenizer: PreTrainedTokenizerBase
    encoder: CLIPTextModel

    def tokens(self, text: str, negative: str) -> CrossTokens:
        return CrossTokens(self._hidden(view_prompts(text)), self._hidden((negative,)))

    @torch.no_grad()
    def _hidden(self, texts: tuple[str, ...]) -> Float[Tensor, "V L D"]:
        length = self.encoder.config.max_position_embeddings
        batch = self.tokenizer(
            list(texts), padding="max_length", max_length=length, truncation=True, return_tensors="pt"
        )
        return self.encoder(batch.input_ids.to(self.encoder.device)).last_hidden_state.float()


@dataclass(frozen=True)
class SilentToken:
    """One zero token, for a network trained without words."""

    width: int
    device: torch.device

    def tokens(self, text: str, negative: str) -> CrossTokens:
        silence = torch.zeros(1, 1, self.width, device=self.device)
        return CrossTokens(silence, silence)


CrossText = TextTokens | SilentToken
