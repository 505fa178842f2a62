"""Meshes that clients send: what is refused before a job begins, and with which words."""

from dataclasses import replace

import numpy as np
import pytest
from any_to_3d.backend.catalogue import PROFILES
from any_to_3d.shared.mesh import MeshError, SourceMesh
from any_to_3d.shared.messages import SeenFrom, Submit, TextPrompt, WeightedPrompt
from any_to_3d.shared.request_check import Offer, RequestRefused, check_request
from any_to_3d.shared.starting_points import Continue, Refine, Retexture
from any_to_3d.shared.wire import ProtocolError, decode, encode

TRIANGLE = SourceMesh(
    vertices=np.array([[0, 0, 0], [0.5, 0, 0], [0, 0, 0.5]], np.float32),
    faces=np.array([[0, 1, 2]], np.int32),
    uvs=np.array([[0, 0], [1, 0], [0, 1]], np.float32),
    uv_faces=np.array([[0, 1, 2]], np.int32),
)
BARE = replace(TRIANGLE, uvs=np.zeros((0, 2), np.float32), uv_faces=np.zeros((0, 3), np.int32))
WORDS = (WeightedPrompt(TextPrompt("a red chair")),)
OFFER = Offer(
    "builtin",
    PROFILES["builtin"].recipes,
    {},
    operations=("retexture", "refine", "continue", "until", "seen_from"),
)


def asked(**fields: object) -> Submit:
    return Submit(**{"request_id": "r", "prompts": WORDS, **fields})


def refusal(submit: Submit, offer: Offer = OFFER) -> str:
    with pytest.raises(RequestRefused) as caught:
        check_request(submit, offer)
    return f"{caught.value.problem.message} {caught.value.problem.hint}"


@pytest.mark.parametrize(
    ("mesh", "complaint"),
    [
        (replace(TRIANGLE, vertices=TRIANGLE.vertices * 3), "outside radius 1"),
        (replace(TRIANGLE, faces=np.zeros((0, 3), np.int32)), "0 triangles"),
        (replace(TRIANGLE, uv_faces=np.array([[0, 1, 3]], np.int32)), "indices run from 0 to 3"),
        (replace(BARE, mask=np.ones((4, 4), np.uint8)), "need texture coordinates"),
        (replace(TRIANGLE, mask=np.ones((4, 4, 1), np.uint8)), "mask: got uint8"),
        (
            replace(TRIANGLE, albedo=np.zeros((4, 4, 3), np.uint8), mask=np.ones((4, 5), np.uint8)),
            "for an albedo of",
        ),
    ],
)
def test_a_mesh_that_cannot_be_a_start_is_named(mesh: SourceMesh, complaint: str) -> None:
    with pytest.raises(MeshError, match=complaint):
        mesh.validate()


def test_a_mesh_in_a_request_is_checked_where_it_is_sent_and_where_it_arrives() -> None:
    with pytest.raises(ProtocolError, match="outside radius 1"):
        encode(asked(source=Refine(replace(TRIANGLE, vertices=TRIANGLE.vertices * 3))))


def test_a_source_survives_the_wire() -> None:
    mask = np.arange(16, dtype=np.uint8).reshape(4, 4)
    sent = asked(source=Retexture(replace(TRIANGLE, mask=mask), 0.5, 4, 4), seen_from=SeenFrom(10, -30))
    arrived = decode(encode(sent))
    assert arrived.source.strength == 0.5
    assert (arrived.source.mesh.mask == mask).all()
    assert arrived.source.mesh.albedo is None
    assert arrived.seen_from == SeenFrom(10, -30)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"source": Retexture(TRIANGLE, strength=0.0)}, "strength is 0"),
        ({"source": Retexture(TRIANGLE, width=8)}, "8 x 1024 pixels. Choose from 16 to 4096"),
        ({"source": Retexture(BARE)}, "no texture coordinates. Unwrap it"),
        ({"source": Retexture(replace(TRIANGLE, mask=np.ones((4, 4), np.uint8)))}, "The mask has 4 x 4 pixels"),
        (
            {"source": Retexture(replace(TRIANGLE, mask=np.zeros((16, 16), np.uint8)), 1.0, 16, 16)},
            "allows no change",
        ),
        ({"source": Retexture(TRIANGLE, mask_border=-1)}, "border has -1 texels"),
        ({"source": Refine(TRIANGLE, keep=1.5)}, "kept by 1.5"),
        ({"source": Continue("j1", more_steps=-1)}, "-1 further steps"),
        ({"until": "varnish"}, "no phase 'varnish'. Choose one of: coarse, geometry, texture"),
        ({"seen_from": SeenFrom(91, 0)}, "elevation is 91"),
        ({"prompts": ()}, "0 prompts"),
    ],
)
def test_a_starting_point_that_cannot_be_used_is_refused(fields: dict, complaint: str) -> None:
    assert complaint in refusal(asked(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"source": Retexture(TRIANGLE)},
        {"source": Refine(BARE, keep=1.0)},
        {"source": Continue("j1"), "prompts": ()},
        {"source": Continue("j1", "geometry", 500, TRIANGLE), "until": "texture"},
        {"seen_from": SeenFrom(-90, 720)},
    ],
)
def test_a_starting_point_within_the_limits_is_taken(fields: dict) -> None:
    check_request(asked(**fields), OFFER)


@pytest.mark.parametrize(
    ("fields", "operation"),
    [
        ({"source": Retexture(TRIANGLE)}, "retexture"),
        ({"source": Refine(TRIANGLE)}, "refine"),
        ({"source": Continue("j1")}, "continue"),
        ({"until": "coarse"}, "until"),
        ({"seen_from": SeenFrom(0, 0)}, "seen_from"),
    ],
)
def test_what_a_backend_does_not_offer_is_refused_by_name(fields: dict, operation: str) -> None:
    assert f"cannot do '{operation}'" in refusal(asked(**fields), replace(OFFER, operations=()))
