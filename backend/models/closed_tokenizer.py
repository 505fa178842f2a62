"""Whether a tokenizer knows only a list of words, and which."""

from transformers import PreTrainedTokenizerBase

from .word_reader import WordReader

# No language has this word, so a tokenizer that can spell it out of pieces can spell any: its vocabulary is open.
_PROBE = "qzxjvkwq"


def closed_word_reader(tokenizer: PreTrainedTokenizerBase, context_length: int) -> WordReader | None:
    """The reader of its words; None for an open vocabulary, such as that of CLIP's own byte pairs.

    context_length: tokens that the text tower takes, with the special ones at both ends.
    """
    ids = tokenizer(_PROBE, add_special_tokens=False).input_ids
    if ids and tokenizer.unk_token_id not in ids:
        return None
    return WordReader.of_tokens(tokenizer.get_vocab(), context_length - tokenizer.num_special_tokens_to_add())
