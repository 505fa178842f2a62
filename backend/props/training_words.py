"""The closed-vocabulary tokenizer and text tower of the built-in joint encoder."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordLevel
from tokenizers.processors import TemplateProcessing
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, PreTrainedTokenizerFast

EMBEDDING_WIDTH = 128
CONTEXT_LENGTH = 16

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


def embed_words(
    tower: CLIPTextModelWithProjection, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]
) -> Float[Tensor, "B E"]:
    """Unit vectors of texts."""
    return F.normalize(tower(token_ids(tokenizer, texts)).text_embeds.float(), dim=1)


def with_unknown_words(
    ids: Int[Tensor, "B T"], tokenizer: PreTrainedTokenizerFast, probability: float
) -> Int[Tensor, "B T"]:
    """Insert one <unk> at a random place of some rows: words outside the vocabulary must not move an embedding."""
    ids = ids.clone()
    for number in (torch.rand(len(ids)) < probability).nonzero().flatten().tolist():
        row = ids[number]
        length = int((row != tokenizer.pad_token_id).sum())
        if length < CONTEXT_LENGTH:
            place = int(torch.randint(1, length, ()))
            row[place + 1 : length + 1] = row[place:length].clone()
            row[place] = tokenizer.unk_token_id
    return ids
