"""The closed vocabulary of the built-in text encoder, read from its tokenizer's file without torch or transformers."""

import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .props.words import CLASS_PLURALS, CLASS_WORDS, closed_vocabulary

BUILTIN_FOLDER = Path(__file__).parent / "models" / "builtin"
"""As ``models.folder_layout`` has it, which the server cannot import: it brings torch."""

TOKENIZER_FILE = Path("clip", "tokenizer", "tokenizer.json")
SETTINGS_FILE = "tokenizer_config.json"
SHOWN_WORDS = 8


@dataclass(frozen=True)
class Vocabulary:
    """words: all that the encoder was taught; props: those that name an object. Lower case. longest: words it reads."""

    words: frozenset[str]
    props: frozenset[str]
    longest: int | None = None

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """The words of ``text`` that are not in the vocabulary, each once, in order."""
        return tuple(dict.fromkeys(word for word in split(text) if word not in self.words))

    def names_a_prop(self, text: str) -> bool:
        """Whether any word names an object that the models can make."""
        return not self.props.isdisjoint(split(text))

    def is_meaningless(self, text: str) -> bool:
        """Whether the encoder knows no word of the part that it looks at; it cannot embed such a text."""
        return self.words.isdisjoint(split(self.read(text)))

    def read(self, text: str) -> str:
        """The part of ``text`` that the encoder looks at."""
        return " ".join(split(text)[: self.longest])

    def is_too_long(self, text: str) -> bool:
        """Whether the encoder leaves out the end of ``text``."""
        return self.longest is not None and len(split(text)) > self.longest

    def refusal(self, text: str, unknown: Sequence[str]) -> tuple[str, str]:
        """What to say about a text that names no known object: a message and a hint."""
        if unknown:
            shown = text.strip()[:80]
            message = f"The built-in models do not know {_quoted(unknown)}, and {shown!r} names no object they know."
        else:
            message = f"{text.strip()[:80]!r} names no object."
        near = self._nearest(unknown, self.props)
        known = ", ".join(sorted(self.props & set(CLASS_WORDS)) or sorted(self.props))
        hint = f"Did you mean {_quoted(near, ' or ')}? " if near else ""
        return message, f"{hint}Known objects: {known}. Profile 'full' reads any words."

    def meaningless(self, what: str, text: str) -> tuple[str, str]:
        """What to say about a text without any known word: a message and a hint. what: such as "negative prompt"."""
        message = f"The built-in models know no word of the {what} {text.strip()[:80]!r}."
        near = self._nearest(self.unknown_words(text), self.words)
        hint = f"Did you mean {_quoted(near, ' or ')}? " if near else ""
        return message, f"{hint}Leave it out, or use words that they know, such as a colour."

    def notice(self, unknown: Sequence[str]) -> str:
        """What to say about a text that can be used although these words mean nothing to the models."""
        near = self._nearest(unknown, self.words)
        advice = f" Nearest known: {_quoted(near)}." if near else ""
        those = "it" if len(unknown) == 1 else "them"
        return f"The built-in models do not know {_quoted(unknown)} and will ignore {those}.{advice}"

    def _nearest(self, unknown: Sequence[str], known: frozenset[str]) -> list[str]:
        pool = sorted(word for word in known if len(word) > 2)
        found = [match for word in unknown for match in difflib.get_close_matches(word, pool, n=2, cutoff=0.6)]
        return list(dict.fromkeys(found))[:SHOWN_WORDS]


def split(text: str) -> list[str]:
    """Lower-case words as the tokenizer splits them: runs of letters and digits.

    >>> split("A red, shiny car!")
    ['a', 'red', 'shiny', 'car']
    """
    return re.findall(r"[^\W_]+", text.lower())


def read_vocabulary(folder: Path = BUILTIN_FOLDER) -> Vocabulary:
    """The vocabulary of the built-in models in this folder; of the training captions where they are not installed.

    Raises ValueError naming the file if it is damaged.
    """
    path = folder / TOKENIZER_FILE
    if path.is_file():
        try:
            tokens = json.loads(path.read_text("utf-8"))["model"]["vocab"]
            words = frozenset(str(token) for token in tokens if not str(token).startswith("<"))
            # The start and the end token take two of the places.
            longest = json.loads(path.with_name(SETTINGS_FILE).read_text("utf-8"))["model_max_length"] - 2
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is damaged ({error}); install the package again") from error
    else:
        words, longest = frozenset(closed_vocabulary()), None
    props = {word for table in (CLASS_WORDS, CLASS_PLURALS) for synonyms in table.values() for word in synonyms}
    return Vocabulary(words, frozenset(props & words), longest)


def _quoted(words: Sequence[str], last: str = ", ") -> str:
    return last.join(f"'{word[:40]}'" for word in words[:SHOWN_WORDS])
