"""Which words a tokenizer knows, and which known ones are meant by a word it does not."""

import difflib
import re
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

ARTICLES = frozenset({"a", "an", "the"})
"""Words that say nothing alone: a prompt whose only known words are these has none."""

_WORD = re.compile(r"\w+(?:['’-]\w+)*")

# No language has this word, so a tokenizer that can spell it out of pieces can spell any: its vocabulary is open.
_PROBE = "qzxjvkwq"


@dataclass(frozen=True)
class Vocabulary:
    """The words of one tokenizer. Closed where some words become its unknown token; CLIP's own byte pairs are open."""

    tokenizer: PreTrainedTokenizerBase

    @property
    def is_closed(self) -> bool:
        return not self._knows(_PROBE)

    def unknown(self, text: str) -> tuple[str, ...]:
        """The words of ``text`` that become the unknown token, in order, each once; () for an open vocabulary."""
        words = dict.fromkeys(_WORD.findall(text.lower()))
        return tuple(word for word in words if not self._knows(word))

    def known(self, text: str) -> tuple[str, ...]:
        """The words of ``text`` that carry meaning: known, and more than an article."""
        words = dict.fromkeys(_WORD.findall(text.lower()))
        return tuple(word for word in words if word not in ARTICLES and self._knows(word))

    def nearest(self, word: str, count: int = 3) -> tuple[str, ...]:
        """Up to ``count`` known words spelt like ``word``, best first; () for an open vocabulary."""
        if not self.is_closed:
            return ()
        special = set(self.tokenizer.all_special_tokens)
        words = [token for token in self.tokenizer.get_vocab() if token not in special and _WORD.fullmatch(token)]
        return tuple(difflib.get_close_matches(word.lower(), words, n=count))

    def _knows(self, word: str) -> bool:
        ids = self.tokenizer(word, add_special_tokens=False).input_ids
        return bool(ids) and self.tokenizer.unk_token_id not in ids
