"""Damaged frames: whatever arrives, decode answers with a message or with ProtocolError, never with anything else."""

import contextlib

import msgpack
from any_to_3d.shared import PROTOCOL_VERSION
from any_to_3d.shared.wire import ProtocolError, decode, encode
from hypothesis import given, settings
from hypothesis import strategies as st
from message_samples import MESSAGES, messages

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


def survive(frames: list[bytes]) -> None:
    with contextlib.suppress(ProtocolError):
        decode(frames)


@given(st.lists(st.binary(max_size=60), max_size=4))
@settings(max_examples=200, deadline=None)
def test_garbage_never_breaks_the_reader(frames: list[bytes]) -> None:
    survive(frames)


@given(messages, st.data())
@settings(max_examples=150, deadline=None)
def test_flipped_bytes_never_break_the_reader(message: object, data: st.DataObject) -> None:
    frames = [bytearray(frame) for frame in encode(message)]
    frame = frames[data.draw(st.integers(0, len(frames) - 1))]
    for _ in range(data.draw(st.integers(1, 3))):
        if frame:
            frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    survive([bytes(each) for each in frames])


@given(messages, st.data())
@settings(max_examples=150, deadline=None)
def test_lost_doubled_and_cut_frames_never_break_the_reader(message: object, data: st.DataObject) -> None:
    frames = [bytes(frame) for frame in encode(message)]
    index = data.draw(st.integers(0, len(frames) - 1))
    change = data.draw(st.sampled_from(["lose", "double", "cut", "swap"]))
    if change == "lose":
        del frames[index]
    elif change == "double":
        frames.insert(index, frames[index])
    elif change == "cut":
        frames[index] = frames[index][: len(frames[index]) // 2]
    else:
        frames.reverse()
    survive(frames)


@given(st.sampled_from([cls.__name__ for cls in MESSAGES]), plain, st.lists(st.binary(max_size=16), max_size=3))
@settings(max_examples=200, deadline=None)
def test_well_formed_msgpack_of_the_wrong_shape_never_breaks_the_reader(
    tag: str, fields: object, raw: list[bytes]
) -> None:
    survive([msgpack.packb([PROTOCOL_VERSION, tag, fields]), *raw])


@given(messages, plain, st.data())
@settings(max_examples=150, deadline=None)
def test_one_replaced_field_never_breaks_the_reader(message: object, value: object, data: st.DataObject) -> None:
    frames = [bytes(frame) for frame in encode(message)]
    version, tag, fields = msgpack.unpackb(frames[0])
    if fields:
        fields[data.draw(st.sampled_from(sorted(fields)))] = value
    survive([msgpack.packb([version, tag, fields]), *frames[1:]])
