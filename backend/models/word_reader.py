"""How a text encoder with a closed vocabulary reads a text: which words it takes in, and which it leaves out.

Free of torch, so that the server foresees what the encoder will do.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

# As the captions of training frame them.
FRAME_WORDS = frozenset(
    (
        "a",
        "an",
        "and",
        "game",
        "is",
        "made",
        "model",
        "of",
        "one",
        "picture",
        "single",
        "that",
        "the",
        "this",
        "toy",
        "with",
    )
)
"""Known words that describe no object: a text that has only these means nothing to the encoder."""

SHADES = frozenset({"bright", "dark", "light", "pale"})
"""Shades when said right before a describing word; training taught none, and "light" only as a lamp."""

# Two letters changed places in a word of five (0.8) is a slip; "cat" for "hat" (0.67) or "couch" for "cloth" is none.
_CLOSE = 0.8
# Ratios judge short words too hard: "lmap" is 0.75 of "lamp", "rde" 0.67 of "red". In three letters only neighbours may
# have changed places: "top" is no slip for "pot".
_SHORTEST_ANAGRAM = 4
_SHORTEST_SWAP = 3


def split(text: str) -> list[str]:
    """Lower-case runs of letters and digits.

    >>> split("A red, shiny car!")
    ['a', 'red', 'shiny', 'car']
    """
    return re.findall(r"[^\W_]+", text.lower())


@dataclass(frozen=True)
class Reading:
    """What the encoder makes of a text.

    words: what it reads, in order.   unknown, shades: what it leaves out, each once, in order.
    is_cut: whether it leaves out the end of what it knows, too.
    """

    words: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    shades: tuple[str, ...] = ()
    is_cut: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.words)

    @property
    def has_meaning(self) -> bool:
        """Whether any word that is read describes an object; an encoder cannot embed the text otherwise."""
        return not FRAME_WORDS.issuperset(self.words)


@dataclass(frozen=True)
class WordReader:
    """known: every word that the encoder was taught, lower case.   longest: how many it reads; None for any number."""

    known: frozenset[str]
    longest: int | None = None

    @staticmethod
    def of_tokens(tokens: Iterable[str], longest: int | None) -> "WordReader":
        """Of a tokenizer's entries; the special ones, such as ``<unk>``, are no words that a text can hold."""
        return WordReader(frozenset(token for token in tokens if split(token) == [token]), longest)

    def read(self, text: str) -> Reading:
        """The words of ``text``, sorted by what becomes of them."""
        taken: list[str] = []
        unknown: list[str] = []
        shades: list[str] = []
        # From the end: whether a word is a shade depends on the next one.
        describes_next = False
        for word in reversed(split(text)):
            if word in SHADES and describes_next:
                shades.append(word)
                continue
            describes_next = word in self.describing
            (taken if word in self.known else unknown).append(word)
        words = tuple(reversed(taken))
        return Reading(
            words[: self.longest],
            tuple(dict.fromkeys(reversed(unknown))),
            tuple(dict.fromkeys(reversed(shades))),
            is_cut=self.longest is not None and len(words) > self.longest,
        )

    @property
    def describing(self) -> frozenset[str]:
        """The known words that say something of an object."""
        return self.known - FRAME_WORDS

    def nearest(self, word: str, among: frozenset[str] | None = None, count: int = 2) -> tuple[str, ...]:
        """Up to ``count`` describing words that ``word`` may be a slip for, best first.

        among: take them from these known words only.
        """
        pool = sorted(self.describing if among is None else among)
        letters = sorted(word)
        swapped = [known for known in pool if len(word) >= _SHORTEST_SWAP and known in _with_neighbours_swapped(word)]
        anagrams = [known for known in pool if len(word) >= _SHORTEST_ANAGRAM and sorted(known) == letters]
        close = difflib.get_close_matches(word, pool, n=count, cutoff=_CLOSE)
        return tuple(dict.fromkeys((*swapped, *anagrams, *close)))[:count]


def _with_neighbours_swapped(word: str) -> set[str]:
    return {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}
