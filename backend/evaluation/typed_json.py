"""Frozen dataclasses as JSON text and back, checked against their annotations by the rules of the wire."""

import json
from typing import TypeVar

from ...shared.wire_values import Unread, pack, unpack

Value = TypeVar("Value")


def to_json(value: object) -> str:
    """``value`` as text; raises ProtocolError for what its annotations do not allow, such as an infinite number."""
    return json.dumps(pack(value, type(value), [], type(value).__name__), indent=1) + "\n"


def from_json(text: str, kind: type[Value]) -> Value:
    """What ``to_json`` wrote of a ``kind``; raises ProtocolError naming the field that does not fit."""
    value = unpack(json.loads(text), kind, Unread(()), kind.__name__, lenient=False)
    assert isinstance(value, kind)
    return value
