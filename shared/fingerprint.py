"""A public key in a form that two people can compare over the telephone. Standard library only."""

from __future__ import annotations

import hashlib
import re

KEY_CHARACTERS = 40
_KEY = re.compile(r"[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}")
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, which are taken for others."""

GROUPS, GROUP_SIZE = 6, 4


def is_key(text: str) -> bool:
    """Whether this is a CURVE key as Z85 text: 40 characters of its alphabet."""
    return _KEY.fullmatch(text) is not None


def fingerprint(public_key: str) -> str:
    """The first 120 bits of the SHA-256 of a public key's 40 characters, in six groups of four.

    Raises ValueError for what is no key.

    >>> fingerprint("0" * 40)
    'JT9E-CYW3-F2KF-CX9Z-JXW2-THCA'
    """
    if not is_key(public_key):
        raise ValueError(f"{public_key[:60]!r} is no key: needed are {KEY_CHARACTERS} characters of Z85 text")
    size = GROUPS * GROUP_SIZE
    number = int.from_bytes(hashlib.sha256(public_key.encode("ascii")).digest(), "big") >> (256 - 5 * size)
    letters = "".join(_LETTERS[number >> 5 * place & 31] for place in reversed(range(size)))
    return "-".join(letters[start : start + GROUP_SIZE] for start in range(0, size, GROUP_SIZE))
