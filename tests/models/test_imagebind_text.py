"""Texts as rows of token numbers for ImageBind's text tower."""

from dataclasses import replace
from pathlib import Path

import pytest
from any_to_3d.backend.models.imagebind_text import PromptTokens, plain, read_prompt_tokens
from tiny_checkpoints import CONTEXT, byte_pair_tokenizer, word_tokenizer
from tiny_imagebind import TINY
from transformers import CLIPTokenizer

START, END = TINY.vocabulary - 2, TINY.vocabulary - 1


@pytest.fixture
def tokens(tmp_path: Path) -> PromptTokens:
    byte_pair_tokenizer().save_pretrained(tmp_path)
    return read_prompt_tokens(tmp_path, TINY)


def test_a_text_stands_between_start_and_end_and_is_filled_up_with_zeros(tokens: PromptTokens) -> None:
    # Letters are numbered from a = 0, the last of a word from a = 28.
    assert tokens.ids(["Ab  c"])[0].tolist() == [START, 0, 29, 30, END] + [0] * (CONTEXT - 5)


def test_a_long_text_is_cut_and_keeps_its_end(tokens: PromptTokens) -> None:
    (row,) = tokens.ids(["b " * 100]).tolist()
    assert row == [START, *[29] * (CONTEXT - 2), END]


def test_an_empty_text_is_refused(tokens: PromptTokens) -> None:
    with pytest.raises(ValueError, match="the prompt is empty"):
        tokens.ids(["a chair", "  "])


def test_entities_and_curly_quotes_are_written_plainly() -> None:
    assert plain("a &amp;amp; “b”’s") == 'a & "b"\'s'


def test_an_exclamation_mark_is_no_padding_even_where_the_tokenizer_pads_with_it(tmp_path: Path) -> None:
    """Stable Diffusion 2's tokenizer does; CLIP was trained with the mark as a word's end."""
    symbols = ["!", "!</w>", "a", "a</w>", "<|startoftext|>", "<|endoftext|>"]
    CLIPTokenizer(vocab={symbol: i for i, symbol in enumerate(symbols)}, merges=[], pad_token="!").save_pretrained(
        tmp_path
    )
    tokens = read_prompt_tokens(tmp_path, replace(TINY, vocabulary=len(symbols), context=6))
    assert tokens.ids(["a!"])[0].tolist() == [4, 3, 1, 5, 0, 0]


def test_a_prompt_cannot_spell_the_end_token(tmp_path: Path) -> None:
    letters = sorted(set("<|endoftext|>"))
    symbols = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    CLIPTokenizer(vocab={symbol: i for i, symbol in enumerate(symbols)}, merges=[]).save_pretrained(tmp_path)
    tokens = read_prompt_tokens(tmp_path, replace(TINY, vocabulary=len(symbols)))
    row = tokens.ids(["<|endoftext|> toe"])[0].tolist()
    assert row.index(len(symbols) - 1) == 1 + len("<|endoftext|>" + "toe")


def test_another_vocabulary_is_refused_with_both_numbers(tmp_path: Path) -> None:
    word_tokenizer().save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"has 10 entries.*trained with 58, start 56 and end 57.*CLIP's own tokenizer"):
        read_prompt_tokens(tmp_path, TINY)
