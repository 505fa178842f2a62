"""Messages <-> ZeroMQ frames: a msgpack header, then one raw frame per array or byte string.

Header: ``[version, class name, {field: value}]``. A field of bytes holds the index of its frame; an array holds
``[index, dtype, shape]``; a choice between dataclasses holds ``[class name, {field: value}]``. Nothing is pickled.
Both directions follow the dataclasses' annotations, so a wrong value is refused where it is made and where it arrives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar, cast, get_args

import msgpack

from . import PROTOCOL_VERSION
from .mesh import MeshError, MeshSnapshot, SourceMesh, TexturedMesh, TextureSnapshot
from .messages import Finished, Hello, Message, Rejected, Submit
from .wire_values import MAX_FRAME_BYTES, MAX_ITEMS, MAX_STRING, Buffer, ProtocolError, Unread, pack, unpack

__all__ = ["MAX_FRAMES", "MAX_FRAME_BYTES", "MAX_HEADER_BYTES", "Codec", "ProtocolError", "decode", "encode"]

MAX_HEADER_BYTES = 2**20
MAX_FRAMES = 64

_VERSION = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}")

_READABLE_BY_EVERY_VERSION = (Hello.__name__, Rejected.__name__)


_Sent = TypeVar("_Sent")


class Codec(Generic[_Sent]):
    """Encode and decode a closed set of message classes, a Union; the class name is the tag on the wire."""

    def __init__(self, classes: Iterable[type[_Sent]], version: str = PROTOCOL_VERSION) -> None:
        self._classes = {cls.__name__: cls for cls in classes}
        self._version = version

    def encode(self, message: _Sent) -> list[Buffer]:
        """Return header and raw frames. Array frames are views: do not write to the arrays until they are sent.

        Raises ProtocolError where a value does not fit its annotation or a mesh is not valid.
        """
        cls: type = type(message)
        if self._classes.get(cls.__name__) is not cls:
            raise ProtocolError(f"{cls.__name__} is not a message of this protocol")
        frames: list[Buffer] = []
        fields = pack(message, cls, frames, cls.__name__)
        _check_meshes(message)
        if len(frames) > MAX_FRAMES:
            raise ProtocolError(f"{cls.__name__}: {len(frames)} arrays and byte strings; at most {MAX_FRAMES} fit")
        try:
            header = msgpack.packb([self._version, cls.__name__, fields])
        except UnicodeEncodeError as error:
            raise ProtocolError(f"{cls.__name__}: a text holds half a character ({error.reason})") from error
        return [header, *frames]

    def decode(self, frames: Sequence[Buffer]) -> _Sent:
        """Return the message in these frames; arrays are read-only views into them. Raises ProtocolError only."""
        if not 1 <= len(frames) <= MAX_FRAMES + 1:
            raise ProtocolError(f"got {len(frames)} frames; a message has 1 to {MAX_FRAMES + 1}")
        largest = max(memoryview(frame).nbytes for frame in frames)
        if largest > MAX_FRAME_BYTES:
            raise ProtocolError(f"a frame holds {largest} bytes; at most {MAX_FRAME_BYTES} are allowed")
        version, tag, fields = _read_header(frames[0])
        cls = self._classes.get(tag)
        if cls is None:
            raise ProtocolError(f"unknown message {tag[:60]!r}")
        lenient = tag in _READABLE_BY_EVERY_VERSION or _is_newer_minor(version, self._version)
        unread = Unread(frames[1:])
        message = unpack(fields, cls, unread, tag, lenient=lenient)
        if not lenient:
            unread.finish()
        _check_meshes(message)
        return cast(_Sent, message)


def _read_header(frame: Buffer) -> tuple[str, str, object]:
    size = memoryview(frame).nbytes
    if size > MAX_HEADER_BYTES:
        raise ProtocolError(f"the header holds {size} bytes; at most {MAX_HEADER_BYTES} are allowed")
    try:
        header = msgpack.unpackb(
            frame,
            raw=False,
            strict_map_key=True,
            max_str_len=4 * MAX_STRING,
            max_bin_len=0,
            max_ext_len=0,
            max_array_len=MAX_ITEMS,
            max_map_len=MAX_ITEMS,
        )
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException) as error:
        raise ProtocolError(f"the header is not readable msgpack: {type(error).__name__}") from error
    if not isinstance(header, list) or len(header) != 3 or not all(isinstance(part, str) for part in header[:2]):
        raise ProtocolError("the header is not a list of version, class name and fields")
    return header[0], header[1], header[2]


def _is_newer_minor(theirs: str, ours: str) -> bool:
    """Whether the sender's version is the same major and a later minor; raises ProtocolError for another major."""
    if not _VERSION.fullmatch(theirs):
        raise ProtocolError(f"the header's version is {theirs[:20]!r}; needed is major.minor, such as {ours}")
    (their_major, their_minor), (our_major, our_minor) = (
        [int(part) for part in version.split(".")] for version in (theirs, ours)
    )
    if their_major != our_major:
        raise ProtocolError(f"the sender speaks protocol {theirs}, this side {ours}; update the older of the two")
    return their_minor > our_minor


def _check_meshes(message: object) -> None:
    mesh = message
    if isinstance(message, Finished):
        mesh = message.mesh
    elif isinstance(message, Submit):
        mesh = message.source.mesh if message.source is not None else None
    if isinstance(mesh, (MeshSnapshot, TextureSnapshot, TexturedMesh, SourceMesh)):
        try:
            mesh.validate()
        except MeshError as error:
            raise ProtocolError(f"{type(message).__name__}: {error}") from error


_PROTOCOL: Codec[Message] = Codec(get_args(Message))


def encode(message: Message) -> list[Buffer]:
    """Frames of one message of the public protocol; see ``Codec.encode``."""
    return _PROTOCOL.encode(message)


def decode(frames: Sequence[Buffer]) -> Message:
    """The message in these frames; see ``Codec.decode``."""
    return _PROTOCOL.decode(frames)
