"""Values <-> plain msgpack data, driven by the annotations of the message dataclasses; bytes and arrays go to frames.

Every function raises ProtocolError, and nothing else, for a value that does not fit its annotation. ``where`` names the
place for the error's reader, such as ``Submit.prompts[0].weight``.
"""

from __future__ import annotations

import math
import types
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import Literal, TypeGuard, Union, get_args, get_origin, get_type_hints

import numpy as np

MAX_STRING = 100_000
MAX_ITEMS = 4096
MAX_AXES = 4
MAX_FRAME_BYTES = 256 * 2**20
INTEGER_LIMIT = 2**63

WIRE_DTYPES = ("<f4", "<i4", "|u1")
"""The array types that may cross: float32, int32 (both little-endian) and uint8."""

ARRAY_RULE = "an array of float32, int32 or uint8, little-endian"

Buffer = Union[bytes, memoryview]


class ProtocolError(ValueError):
    """What arrived, or was about to be sent, is not a message of this protocol; the text says where and why."""


@cache
def hints_of(cls: type) -> dict[str, object]:
    """The resolved annotations of a message dataclass."""
    return get_type_hints(cls)


@cache
def fields_of(cls: type) -> tuple[Field, ...]:
    """The dataclass fields of a message class, in order."""
    return fields(cls)


def pack(value: object, hint: object, frames: list[Buffer], where: str) -> object:
    """Return ``value`` as msgpack data; bytes and arrays are appended to ``frames`` and replaced by their index."""
    origin = get_origin(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return _pack_fields(value, hint, frames, where)
    if hint is bytes:
        if not isinstance(value, bytes):
            raise _refused(where, "bytes", value)
        frames.append(value)
        return len(frames) - 1
    if hint is np.ndarray:
        return _pack_array(value, frames, where)
    if _is_union(origin):
        return _pack_choice(value, get_args(hint), frames, where)
    if origin is tuple:
        if not isinstance(value, tuple) or len(value) > MAX_ITEMS:
            raise _refused(where, f"a tuple of at most {MAX_ITEMS}", value)
        item = get_args(hint)[0]
        return [pack(entry, item, frames, f"{where}[{i}]") for i, entry in enumerate(value)]
    if origin is dict:
        return _map_values(value, get_args(hint)[1], where)
    return scalar(value, hint, where)


def unpack(data: object, hint: object, frames: Unread, where: str, *, lenient: bool) -> object:
    """Undo ``pack``. ``lenient`` ignores fields this side does not know (a sender of a newer minor version)."""
    origin = get_origin(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return _unpack_fields(data, hint, frames, where, lenient)
    if hint is bytes:
        return bytes(frames.take(data, where))
    if hint is np.ndarray:
        return _unpack_array(data, frames, where)
    if _is_union(origin):
        return _unpack_choice(data, get_args(hint), frames, where, lenient)
    if origin is tuple:
        if not isinstance(data, list) or len(data) > MAX_ITEMS:
            raise _refused(where, f"a list of at most {MAX_ITEMS}", data)
        item = get_args(hint)[0]
        return tuple(unpack(entry, item, frames, f"{where}[{i}]", lenient=lenient) for i, entry in enumerate(data))
    if origin is dict:
        return _map_values(data, get_args(hint)[1], where)
    return scalar(data, hint, where)


class Unread:
    """The raw frames of one message; each must be asked for exactly once."""

    def __init__(self, frames: Sequence[Buffer]) -> None:
        self._frames: list[Buffer | None] = list(frames)

    def take(self, index: object, where: str) -> Buffer:
        """The frame with this index, once."""
        if not _is_integer(index) or not 0 <= index < len(self._frames):
            raise _refused(where, "the index of a frame", index)
        frame = self._frames[index]
        if frame is None:
            raise ProtocolError(f"{where}: frame {index} is used twice")
        self._frames[index] = None
        return frame

    def finish(self) -> None:
        """Raise unless every frame was used."""
        left = sum(frame is not None for frame in self._frames)
        if left:
            raise ProtocolError(f"the message brought {left} frame(s) that no field refers to")


def scalar(value: object, hint: object, where: str) -> object:
    """Check a str, int, float, bool or Literal; an int is welcome where a float is meant."""
    if get_origin(hint) is Literal:
        if isinstance(value, str) and value in get_args(hint):
            return value
        raise _refused(where, f"one of {get_args(hint)}", value)
    if hint is str:
        if isinstance(value, str) and len(value) <= MAX_STRING:
            return value
        raise _refused(where, f"text of at most {MAX_STRING}", value)
    if hint is bool:
        if isinstance(value, bool):
            return value
        raise _refused(where, "true or false", value)
    if hint is int:
        if _is_integer(value) and -INTEGER_LIMIT <= value < INTEGER_LIMIT:
            return value
        raise _refused(where, "a 64-bit integer", value)
    if hint is float:
        if isinstance(value, float) and math.isfinite(value):
            return value
        if _is_integer(value) and abs(value) <= INTEGER_LIMIT:
            return float(value)
        raise _refused(where, "a finite number", value)
    raise TypeError(f"{where}: messages cannot carry {hint!r}")


def _pack_fields(value: object, cls: type, frames: list[Buffer], where: str) -> dict[str, object]:
    hints, named = hints_of(cls), fields_of(cls)
    if type(value) is not cls:
        raise _refused(where, cls.__name__, value)
    return {
        field.name: pack(getattr(value, field.name), hints[field.name], frames, f"{where}.{field.name}")
        for field in named
    }


def _unpack_fields(data: object, cls: type, frames: Unread, where: str, lenient: bool) -> object:
    if not isinstance(data, dict):
        raise _refused(where, f"a map with the fields of {cls.__name__}", data)
    hints = hints_of(cls)
    unknown = [name for name in data if name not in hints]
    if unknown and not lenient:
        raise ProtocolError(f"{where}: unknown field {_shown(unknown[0])}; {cls.__name__} has {', '.join(hints)}")
    values = {}
    for field in fields_of(cls):
        if field.name in data:
            values[field.name] = unpack(
                data[field.name], hints[field.name], frames, f"{where}.{field.name}", lenient=lenient
            )
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ProtocolError(f"{where}: field {field.name!r} is missing")
    return cls(**values)


def _pack_choice(value: object, choices: tuple[type, ...], frames: list[Buffer], where: str) -> object:
    if value is None and type(None) in choices:
        return None
    present = [choice for choice in choices if choice is not type(None)]
    if len(present) == 1:
        return pack(value, present[0], frames, where)
    if type(value) not in present:
        raise _refused(where, f"one of {_names(present)}", value)
    return [type(value).__name__, _pack_fields(value, type(value), frames, where)]


def _unpack_choice(data: object, choices: tuple[type, ...], frames: Unread, where: str, lenient: bool) -> object:
    if data is None and type(None) in choices:
        return None
    present = [choice for choice in choices if choice is not type(None)]
    if len(present) == 1:
        return unpack(data, present[0], frames, where, lenient=lenient)
    if not isinstance(data, list) or len(data) != 2:
        raise _refused(where, "a pair (class name, fields)", data)
    for choice in present:
        if choice.__name__ == data[0]:
            return _unpack_fields(data[1], choice, frames, where, lenient)
    raise _refused(where, f"one of {_names(present)}", data[0])


def _pack_array(value: object, frames: list[Buffer], where: str) -> list[object]:
    if not isinstance(value, np.ndarray) or value.dtype.str not in WIRE_DTYPES:
        raise _refused(where, ARRAY_RULE, value)
    if value.ndim > MAX_AXES:
        raise _refused(where, f"an array of at most {MAX_AXES} axes", value)
    # An empty array has no bytes to view.
    frames.append(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data if value.size else b"")
    return [len(frames) - 1, value.dtype.str, list(value.shape)]


def _unpack_array(data: object, frames: Unread, where: str) -> np.ndarray:
    if not isinstance(data, list) or len(data) != 3:
        raise _refused(where, "a triple (frame, dtype, shape)", data)
    index, dtype, shape = data
    if not isinstance(dtype, str) or dtype not in WIRE_DTYPES:
        raise _refused(where, ARRAY_RULE, dtype)
    if not isinstance(shape, list) or len(shape) > MAX_AXES:
        raise _refused(where, f"a shape of at most {MAX_AXES} axes", shape)
    for size in shape:
        if not _is_integer(size) or not 0 <= size <= MAX_FRAME_BYTES:
            raise _refused(where, "axis sizes", size)
    buffer = frames.take(index, where)
    needed = math.prod(shape) * np.dtype(dtype).itemsize
    got = memoryview(buffer).nbytes
    if got != needed:
        raise ProtocolError(f"{where}: {dtype}{shape} needs {needed} bytes, its frame holds {got}")
    return np.frombuffer(buffer, dtype).reshape(shape) if needed else np.empty(shape, dtype)


def _map_values(data: object, hint: object, where: str) -> dict[str, object]:
    if not isinstance(data, dict) or len(data) > MAX_ITEMS:
        raise _refused(where, f"a map of at most {MAX_ITEMS}", data)
    return {
        str(scalar(key, str, f"{where} key")): scalar(entry, hint, f"{where}[{_shown(key)}]")
        for key, entry in data.items()
    }


def _refused(where: str, allowed: str, got: object) -> ProtocolError:
    return ProtocolError(f"{where}: got {_shown(got)}; allowed is {allowed}")


def _shown(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"an array {value.dtype}{list(value.shape)}"
    if isinstance(value, (str, int, float, bool)) or value is None:
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    return f"a {type(value).__name__}"


def _is_union(origin: object) -> bool:
    return origin is Union or origin is types.UnionType


def _is_integer(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _names(classes: Sequence[type]) -> str:
    return ", ".join(cls.__name__ for cls in classes)
