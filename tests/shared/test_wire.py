"""The wire format: what is sent is what arrives, and what does not fit is refused with a sentence."""

import msgpack
import numpy as np
import pytest
from any_to_3d.shared import PROTOCOL_VERSION
from any_to_3d.shared import messages as m
from any_to_3d.shared.mesh import MeshSnapshot
from any_to_3d.shared.wire import MAX_FRAMES, MAX_HEADER_BYTES, Codec, ProtocolError, decode, encode
from hypothesis import given, settings
from message_samples import MESSAGES, messages, same

TRIANGLE = MeshSnapshot(
    "job", 1, "coarse", 2, 3, np.eye(3, dtype=np.float32), np.array([[0, 1, 2]], np.int32), np.ones((3, 4), np.uint8)
)


def header(tag: str, fields: object, version: str = PROTOCOL_VERSION) -> bytes:
    return msgpack.packb([version, tag, fields])


def refusal(*frames: bytes) -> str:
    with pytest.raises(ProtocolError) as caught:
        decode(frames)
    return str(caught.value)


@given(messages)
@settings(max_examples=300, deadline=None)
def test_every_message_arrives_as_it_was_sent(message: object) -> None:
    frames = [bytes(frame) for frame in encode(message)]
    assert same(decode(frames), message)


def test_the_strategies_cover_every_message() -> None:
    assert len(MESSAGES) == 30


def test_arrays_travel_as_raw_frames_of_their_own() -> None:
    frames = encode(TRIANGLE)
    assert [bytes(frame) for frame in frames[1:]] == [
        TRIANGLE.vertices.tobytes(),
        TRIANGLE.faces.tobytes(),
        TRIANGLE.colors.tobytes(),
    ]
    assert len(frames[0]) < 200


def test_arrays_are_decoded_without_a_copy() -> None:
    frames = [bytes(frame) for frame in encode(TRIANGLE)]
    vertices = decode(frames).vertices
    assert not vertices.flags.owndata
    assert not vertices.flags.writeable


def test_an_array_in_another_memory_order_arrives_right() -> None:
    columns = np.asfortranarray(np.arange(9, dtype=np.float32).reshape(3, 3))
    sent = MeshSnapshot("j", 1, "coarse", 0, 0, columns, TRIANGLE.faces)
    assert (decode(encode(sent)).vertices == columns).all()


def test_an_unknown_message_is_named() -> None:
    assert refusal(header("Explode", {})) == "unknown message 'Explode'"


def test_a_missing_field_is_named() -> None:
    assert refusal(header("Cancel", {})) == "Cancel: field 'job_id' is missing"


def test_a_field_with_a_default_may_be_missing() -> None:
    assert decode([header("Watch", {"job_id": "j"})]) == m.Watch("j")


def test_an_extra_field_is_refused_from_the_same_version() -> None:
    text = refusal(header("Cancel", {"job_id": "j", "why": "x"}))
    assert text == "Cancel: unknown field 'why'; Cancel has job_id"


def test_an_extra_field_from_a_newer_minor_version_is_ignored() -> None:
    assert decode([header("Cancel", {"job_id": "j", "why": "x"}, "1.7")]) == m.Cancel("j")


def test_another_major_version_is_refused_with_both_named() -> None:
    text = refusal(header("Cancel", {"job_id": "j"}, "2.0"))
    assert text == f"the sender speaks protocol 2.0, this side {PROTOCOL_VERSION}; update the older of the two"


def test_hello_of_another_major_version_can_be_read() -> None:
    newer = Codec([m.Hello], version="9.0")
    assert decode(newer.encode(m.Hello("9.0", "me"))) == m.Hello("9.0", "me")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"job_id": 3}, "Watch.job_id: got 3; allowed is text of at most 100000"),
        ({"job_id": "j", "credit": "1"}, "Watch.credit: got '1'; allowed is a 64-bit integer"),
        ({"job_id": "j", "credit": True}, "Watch.credit: got True; allowed is a 64-bit integer"),
        ({"job_id": "j", "credit": 2**63}, f"Watch.credit: got {2**63}; allowed is a 64-bit integer"),
        (["job_id"], "Watch: got a list; allowed is a map with the fields of Watch"),
    ],
)
def test_a_mistyped_field_is_named_with_what_is_allowed(fields: object, complaint: str) -> None:
    assert refusal(header("Watch", fields)) == complaint


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(number: float) -> None:
    text = refusal(header("Preparing", {"job_id": "j", "what": "x", "fraction": number}))
    assert text.startswith("Preparing.fraction: got ")


def test_nan_coordinates_are_refused_on_both_sides() -> None:
    broken = TRIANGLE.vertices.copy()
    broken[1, 1] = np.nan
    with pytest.raises(ProtocolError, match="NaN"):
        encode(MeshSnapshot("j", 1, "coarse", 0, 0, broken, TRIANGLE.faces))
    frames = [bytes(frame) for frame in encode(TRIANGLE)]
    assert "NaN" in refusal(frames[0], broken.tobytes(), *frames[2:])


def test_a_face_that_names_no_vertex_is_refused() -> None:
    frames = [bytes(frame) for frame in encode(TRIANGLE)]
    assert "indices run from 0 to 3" in refusal(
        frames[0], frames[1], np.array([[0, 1, 3]], np.int32).tobytes(), frames[3]
    )


@pytest.mark.parametrize(
    ("array", "complaint"),
    [
        ([0, "<f8", [3, 3]], "allowed is an array of float32, int32 or uint8"),
        ([0, "O", [3, 3]], "allowed is an array of float32, int32 or uint8"),
        ([0, "<f4", [3, 4]], "<f4[3, 4] needs 48 bytes, its frame holds 36"),
        ([0, "<f4", [-3, 3]], "allowed is axis sizes"),
        ([0, "<f4", [1, 1, 1, 3, 3]], "allowed is a shape of at most 4 axes"),
        ([7, "<f4", [3, 3]], "allowed is the index of a frame"),
        ([1, "<f4", [3, 3]], "needs 36 bytes, its frame holds 12"),
        ("zeros", "allowed is a triple (frame, dtype, shape)"),
    ],
)
def test_an_array_that_does_not_fit_its_frame_is_refused(array: object, complaint: str) -> None:
    frames = [bytes(frame) for frame in encode(TRIANGLE)]
    version, tag, fields = msgpack.unpackb(frames[0])
    fields["vertices"] = array
    assert complaint in refusal(msgpack.packb([version, tag, fields]), *frames[1:])


def test_every_frame_must_be_used_exactly_once() -> None:
    cancel = header("Cancel", {"job_id": "j"})
    assert refusal(cancel, b"extra") == "the message brought 1 frame(s) that no field refers to"
    prompts = [{"prompt": ["ImagePrompt", {"data": 0}], "weight": 1.0}] * 2
    assert "frame 0 is used twice" in refusal(header("Submit", {"request_id": "r", "prompts": prompts}), b"png")


def test_limits_are_named() -> None:
    assert refusal() == f"got 0 frames; a message has 1 to {MAX_FRAMES + 1}"
    assert refusal(*[b""] * (MAX_FRAMES + 2)) == f"got {MAX_FRAMES + 2} frames; a message has 1 to {MAX_FRAMES + 1}"
    assert str(MAX_HEADER_BYTES) in refusal(b"\x00" * (MAX_HEADER_BYTES + 1))
    assert "text of at most" in refusal(header("Cancel", {"job_id": "x" * 100_001}))


def test_a_deeply_nested_header_is_refused() -> None:
    assert "header" in refusal(b"\x91" * 5000 + b"\xc0")


def test_a_wrong_value_is_refused_where_it_is_made() -> None:
    with pytest.raises(ProtocolError, match=r"Submit\.prompts\[0\]\.weight: got 'x'"):
        encode(m.Submit("r", (m.WeightedPrompt(m.TextPrompt("hi"), "x"),)))
    with pytest.raises(ProtocolError, match="half a character"):
        encode(m.Cancel("\ud800"))
    with pytest.raises(ProtocolError, match="is not a message"):
        encode(m.TextPrompt("hi"))


def test_a_problem_code_outside_the_list_is_refused() -> None:
    problem = {"code": "oops", "message": "", "hint": ""}
    assert "'oops'" in refusal(header("Failed", {"job_id": "j", "problem": problem}))
