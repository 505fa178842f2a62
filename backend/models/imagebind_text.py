"""Words as ImageBind's text tower reads them: CLIP's byte pairs between a start and an end token, then zeros.

The vocabulary is that of OpenCLIP's text towers, Stable Diffusion 2.1's among them, so a tokenizer folder of either
serves. The tower is checked against it: another vocabulary would give other numbers for the same words.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from .imagebind_layout import ImageBindConfig

_STRAIGHT_QUOTES = str.maketrans("‘’‚‛“”„‟", "''''\"\"\"\"")


@dataclass(frozen=True)
class PromptTokens:
    """Texts to rows of ``context`` token numbers; a longer text is cut, and its end token kept."""

    tokenizer: PreTrainedTokenizerBase
    start: int
    end: int
    context: int

    def ids(self, texts: Sequence[str]) -> Int[Tensor, "B L"]:
        """Raises ValueError for a text without a word."""
        rows = torch.zeros(len(texts), self.context, dtype=torch.long)
        for row, text in zip(rows, texts, strict=True):
            if not text.strip():
                raise ValueError("the prompt is empty; write what to make")
            words = self._byte_pairs(plain(text))[: self.context - 2]
            row[: len(words) + 2] = torch.tensor([self.start, *words, self.end])
        return rows

    def _byte_pairs(self, text: str) -> list[int]:
        # Stable Diffusion 2's tokenizer pads with "!", and would read a prompt's exclamation mark as padding.
        read = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True, verbose=False)
        return list(read.input_ids)


def plain(text: str) -> str:
    """HTML's entities resolved and curly quotes straightened, as in the texts that CLIP was trained on.

    >>> plain("an artist’s &amp; a child&#39;s toy")
    "an artist's & a child's toy"
    """
    return html.unescape(html.unescape(text)).translate(_STRAIGHT_QUOTES)


def read_prompt_tokens(folder: Path, config: ImageBindConfig) -> PromptTokens:
    """The tokenizer of a folder. Raises ValueError for a vocabulary that is not the text tower's."""
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    ends = (tokenizer.bos_token_id, tokenizer.eos_token_id)
    # The tower reads its answer at the greatest number of a row, so the end token must be the vocabulary's last.
    if len(tokenizer) != config.vocabulary or ends != (config.vocabulary - 2, config.vocabulary - 1):
        raise ValueError(
            f"{folder}: the tokenizer has {len(tokenizer)} entries, start {ends[0]} and end {ends[1]}; ImageBind's "
            f"text tower was trained with {config.vocabulary}, start {config.vocabulary - 2} and end "
            f"{config.vocabulary - 1}: put CLIP's own tokenizer there, as OpenCLIP ViT-H has it"
        )
    return PromptTokens(tokenizer, *ends, config.context)
