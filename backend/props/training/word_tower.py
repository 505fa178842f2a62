"""The closed-vocabulary tokenizer and text tower of the built-in joint encoder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordLevel
from tokenizers.processors import TemplateProcessing
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, PreTrainedTokenizerFast

from ..captions import LONGEST
from .running.chance import Chance

EMBEDDING_WIDTH = 128
CONTEXT_LENGTH = LONGEST + 2

_CHUNK = 2048
_PAD, _UNKNOWN, _START, _END = "<pad>", "<unk>", "<start>", "<end>"


def build_tokenizer(words: Sequence[str]) -> PreTrainedTokenizerFast:
    """One token a word, lower case, punctuation dropped; a word it was not given becomes <unk>.

    The end token has the highest id: transformers pools a CLIP text tower there, and an end id of 2 would switch it to
    an older rule under which words of low ids cannot be seen.
    """
    vocabulary = {token: number for number, token in enumerate((_PAD, _UNKNOWN, _START, *words, _END))}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token=_UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Lowercase(), normalizers.Replace(Regex(r"[^\p{L}\p{N}]+"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(
        single=f"{_START} $A {_END}", special_tokens=[(token, vocabulary[token]) for token in (_START, _END)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=_PAD,
        unk_token=_UNKNOWN,
        bos_token=_START,
        eos_token=_END,
        model_max_length=CONTEXT_LENGTH,
    )


def build_text_tower(tokenizer: PreTrainedTokenizerFast) -> CLIPTextModelWithProjection:
    """An untrained two-layer CLIP text tower for this tokenizer."""
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=96,
        intermediate_size=192,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=CONTEXT_LENGTH,
        projection_dim=EMBEDDING_WIDTH,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return CLIPTextModelWithProjection(config)


def token_ids(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> Int[Tensor, "B T"]:
    """Padded to the tower's context; longer texts are cut."""
    batch = tokenizer(
        list(texts), padding="max_length", max_length=CONTEXT_LENGTH, truncation=True, return_tensors="pt"
    )
    return batch.input_ids


def with_unknown_words(
    ids: Int[Tensor, "B T"], tokenizer: PreTrainedTokenizerFast, probability: float, chance: Chance
) -> Int[Tensor, "B T"]:
    """Insert one <unk> at a random place of some rows: words outside the vocabulary must not move an embedding."""
    ids = ids.clone()
    for number in np.flatnonzero(chance.words.random(len(ids)) < probability).tolist():
        row = ids[number]
        length = int((row != tokenizer.pad_token_id).sum())
        if length < CONTEXT_LENGTH:
            place = int(chance.words.integers(1, length))
            row[place + 1 : length + 1] = row[place:length].clone()
            row[place] = tokenizer.unk_token_id
    return ids


@dataclass(frozen=True)
class FrozenWords:
    """A finished text tower with its tokenizer."""

    tower: CLIPTextModelWithProjection
    tokenizer: PreTrainedTokenizerFast

    @staticmethod
    def load(run: Path, device: torch.device) -> "FrozenWords":
        """From text_encoder/ and tokenizer/ of a run or of an exported folder."""
        tower = CLIPTextModelWithProjection.from_pretrained(run / "text_encoder").eval().requires_grad_(False)
        return FrozenWords(tower.to(device), PreTrainedTokenizerFast.from_pretrained(run / "tokenizer"))

    @torch.no_grad()
    def embed(self, texts: Sequence[str]) -> Float[Tensor, "B E"]:
        """Unit vectors on the tower's device."""
        parts = []
        for start in range(0, len(texts), _CHUNK):
            ids = token_ids(self.tokenizer, texts[start : start + _CHUNK]).to(self.tower.device)
            parts.append(F.normalize(self.tower(ids).text_embeds.float(), dim=1))
        return torch.cat(parts)
