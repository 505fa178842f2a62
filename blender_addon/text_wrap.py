"""Sentences broken into lines that fit. Pure."""

from __future__ import annotations

from collections.abc import Callable


def wrapped(text: str, fits: Callable[[str], bool]) -> list[str]:
    """The words of ``text`` in lines that fit; a word that does not fit alone is broken, so that nothing is cut off.

    >>> wrapped("a red chair, please", lambda line: len(line) <= 6)
    ['a red', 'chair,', 'please']
    >>> wrapped("https://example", lambda line: len(line) <= 6)
    ['https:', '//exam', 'ple']
    """
    lines: list[str] = []
    line = ""
    for word in text.split():
        candidate = f"{line} {word}" if line else word
        if fits(candidate):
            line = candidate
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, fits)
        lines += full
    return [*lines, line] if line else lines


def _pieces(word: str, fits: Callable[[str], bool]) -> list[str]:
    pieces = []
    while not fits(word) and len(word) > 1:
        length = next((cut for cut in range(len(word) - 1, 1, -1) if fits(word[:cut])), 1)
        pieces.append(word[:length])
        word = word[length:]
    return [*pieces, word]
