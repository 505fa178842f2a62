"""The closed vocabulary of the built-in text encoder, and what to tell an artist whose words leave it.

Read from the tokenizer's file, without torch or transformers.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .models.joint_folder import BUILTIN_FOLDER
from .models.word_reader import WordReader
from .props.class_table import CLASS_TABLE
from .props.everyday_words import nearest_prop_words
from .props.words import CLASS_PLURALS, CLASS_WORDS, COLOUR_WORDS, MATERIAL_WORDS, closed_vocabulary

TOKENIZER_FILE = Path("clip", "tokenizer", "tokenizer.json")
SETTINGS_FILE = "tokenizer_config.json"
SHOWN_WORDS = 8

_CLASS_OF = {
    word: name for table in (CLASS_WORDS, CLASS_PLURALS) for name, synonyms in table.items() for word in synonyms
}
_SINGULAR_OF = {
    plural: word for name, words in CLASS_WORDS.items() for word, plural in zip(words, CLASS_PLURALS[name], strict=True)
}


@dataclass(frozen=True)
class Vocabulary:
    """reader: what the text encoder makes of a text."""

    reader: WordReader

    @property
    def props(self) -> frozenset[str]:
        """The known words that name an object that the models can make."""
        return self.reader.known & _CLASS_OF.keys()

    def unknown_words(self, text: str) -> tuple[str, ...]:
        """The words of ``text`` that are not in the vocabulary, each once, in order."""
        return self.reader.read(text).unknown

    def kinds(self, text: str) -> dict[str, str]:
        """The classes that ``text`` names -> the word it does it with; without the parts of the others among them.

        A bookshelf with red books is of one kind.
        """
        said: dict[str, str] = {}
        for word in self.reader.read(text).words:
            if word in _CLASS_OF:
                said.setdefault(_CLASS_OF[word], word)
        parts = {CLASS_TABLE[name].second_part for name in said}
        return {name: word for name, word in said.items() if word not in parts}

    def has_meaning(self, text: str) -> bool:
        """Whether the encoder can embed ``text``."""
        return self.reader.read(text).has_meaning

    def refusal(self, text: str) -> tuple[str, str]:
        """What to say about a text that names no known object: a message and a hint."""
        unknown = self.unknown_words(text)
        message = f"{_shown(text)} names no object."
        if unknown:
            message = (
                f"The built-in models do not know {_quoted(unknown)}, and {_shown(text)} names no object they know."
            )
        question = self._question(unknown, self.reader.describing)
        return message, f"{question}{self._known_words()} Profile 'full' reads any words."

    def _known_words(self) -> str:
        """The plain words for objects, colours and materials, in sentences."""
        tables = {
            "objects": sorted(self.props & set(CLASS_WORDS)) or sorted(self.props),
            "colours": [word for word in COLOUR_WORDS if word in self.reader.known],
            "materials": [words[0] for words in MATERIAL_WORDS.values() if words[0] in self.reader.known],
        }
        return " ".join(f"Known {what}: {', '.join(words)}." for what, words in tables.items() if words)

    def meaningless(self, what: str, text: str) -> tuple[str, str]:
        """What to say about a text that cannot be embedded: a message and a hint. what: such as "negative prompt"."""
        message = f"The built-in models know no word of the {what} {_shown(text)} that describes an object."
        question = self._question(self.unknown_words(text), self.reader.describing)
        return message, f"{question}Leave it out, or use words that they know, such as a colour."

    def notices(self, prompts: Sequence[str], negative: str = "") -> list[str]:
        """What to say about texts that can be used, but not as they stand."""
        texts = [*prompts, negative] if negative.strip() else prompts
        readings = [self.reader.read(text) for text in texts]
        shades = tuple(dict.fromkeys(word for reading in readings for word in reading.shades))
        found = [self._of_unknown_words("prompt", text) for text in dict.fromkeys(prompts) if self.unknown_words(text)]
        if self.unknown_words(negative):
            found.append(self._of_unknown_words("negative prompt", negative))
        if shades:
            found.append(f"The built-in models know no shades and will ignore {_quoted(shades)}.")
        # In a negative prompt several kinds are no mistake.
        found += [_of_several_kinds(text, kinds) for text in prompts if len(kinds := self.kinds(text)) > 1]
        if any(reading.is_cut for reading in readings):
            found.append(f"The built-in models read only the first {self.reader.longest} words that they know.")
        return found

    def _of_unknown_words(self, what: str, text: str) -> str:
        """Each word with its own nearest; no second object where the text names one: an oak table is to be no tree."""
        fitting = self.reader.describing - self.props if self.kinds(text) else self.reader.describing
        unknown = self.unknown_words(text)
        words = [self._with_nearest(word, fitting) for word in unknown[:SHOWN_WORDS]]
        if more := len(unknown) - len(words):
            words.append(f"{more} more")
        where = f"in the {what} {_shown(text)}"
        return f"The built-in models do not know {_listed(words)} {where} and will ignore {_them(unknown)}."

    def _with_nearest(self, word: str, known: frozenset[str]) -> str:
        near = self._nearest(word, known)
        return f"{_quoted((word,))} (nearest: {_quoted(near)})" if near else _quoted((word,))

    def _question(self, unknown: Sequence[str], known: frozenset[str]) -> str:
        """Empty if no word has anything near; a single word need not be named again."""
        near = {word: _quoted(found, " or ") for word in unknown if (found := self._nearest(word, known))}
        if not near:
            return ""
        if len(unknown) == 1:
            return f"Did you mean {near[unknown[0]]}? "
        shown = [f"{words} for {_quoted((word,))}" for word, words in list(near.items())[:SHOWN_WORDS]]
        return f"Did you mean {_listed(shown)}? "

    def _nearest(self, word: str, known: frozenset[str]) -> tuple[str, ...]:
        """By meaning where an everyday word is known, by spelling otherwise; of singular and plural, the nearer."""
        by_meaning = nearest_prop_words(word)
        near = self.reader.nearest(word, known) if by_meaning is None else by_meaning
        found: dict[str, str] = {}
        for each in near:
            if each in known:
                found.setdefault(_SINGULAR_OF.get(each, each), each)
        return tuple(found.values())


def read_vocabulary(folder: Path = BUILTIN_FOLDER) -> Vocabulary:
    """The vocabulary of the built-in models in this folder; of the training captions where they are not installed.

    Raises ValueError naming the file if it is damaged.
    """
    path = folder / TOKENIZER_FILE
    if path.is_file():
        try:
            tokens = json.loads(path.read_text("utf-8"))["model"]["vocab"]
            # The start and the end token take two of the places.
            longest = json.loads(path.with_name(SETTINGS_FILE).read_text("utf-8"))["model_max_length"] - 2
            return Vocabulary(WordReader.of_tokens(map(str, tokens), longest))
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is damaged ({error}); install the package again") from error
    return Vocabulary(WordReader(frozenset(closed_vocabulary())))


def _of_several_kinds(text: str, kinds: dict[str, str]) -> str:
    named = [name if _is_plain(name, word) else f"{word} ({name})" for name, word in kinds.items()]
    advice = "the built-in models make one object and may mix them"
    return f"{_shown(text)} names {len(kinds)} kinds of object, {_listed(named)}; {advice}."


def _is_plain(name: str, word: str) -> bool:
    return word in (name, CLASS_PLURALS[name][0])


def _them(words: Sequence[str]) -> str:
    return "it" if len(words) == 1 else "them"


def _listed(items: Sequence[str]) -> str:
    """With commas, and "and" before the last of several."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def _shown(text: str) -> str:
    return repr(text.strip()[:80])


def _quoted(words: Sequence[str], last: str = ", ") -> str:
    return last.join(f"'{word[:40]}'" for word in words[:SHOWN_WORDS])
