"""PROTOCOL.md against the code: every message, field, type, default, problem code, limit and the version."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from any_to_3d.backend import addresses, jobs_at_hand, listening
from any_to_3d.shared import PROTOCOL_VERSION, client, request_check, wire
from any_to_3d.shared import messages as m
from any_to_3d.shared import starting_points as sp
from any_to_3d.shared.mesh import MAX_FACES, MAX_SOURCE_FACES, MAX_TEXTURE_SIZE, MAX_VERTICES, SourceMesh, TexturedMesh

PAGE = (Path(__file__).parent.parent / "PROTOCOL.md").read_text("utf-8")
PROSE = " ".join(PAGE.split())
NESTED = (
    TexturedMesh,
    *get_args(m.Prompt),
    m.WeightedPrompt,
    m.Problem,
    m.RecipeInfo,
    m.PresetInfo,
    m.JobInfo,
    m.DeviceMemory,
    m.ModelLicence,
    m.CheckpointInfo,
    m.SeenFrom,
    SourceMesh,
    *get_args(sp.StartingPoint),
)
CLASSES = (*get_args(m.Message), *NESTED)

SHOWN_TYPES = {
    "float | None": "float or none",
    "np.ndarray": "array",
    "np.ndarray | None": "array or none",
    "ProblemCode": "code",
    "tuple[Operation, ...]": "tuple[operation, ...]",
    "StartingPoint | None": "StartingPoint or none",
    "SeenFrom | None": "SeenFrom or none",
    "SourceMesh | None": "SourceMesh or none",
    "Literal['queued', 'running', 'finished', 'cancelled', 'failed']": "state",
}


def section(title: str, level: int) -> str:
    marks = "#" * level
    match = re.search(rf"^{marks} {title}$(.*?)(?=^#{{2,{level}}} |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert match, f"PROTOCOL.md has no section {title}"
    return match[1]


def rows(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def described(cls: type) -> list[tuple[str, str, str]]:
    return [(name.strip("`"), kind, default) for name, kind, default, _ in rows(section(cls.__name__, 3))]


def in_code(cls: type) -> list[tuple[str, str, str]]:
    return [(f.name, SHOWN_TYPES.get(f.type, f.type), shown_default(f)) for f in dataclasses.fields(cls)]


def shown_default(field: dataclasses.Field) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return "`{}`"
    if field.default is dataclasses.MISSING:
        return "required"
    return "none" if field.default is None else f"`{field.default!r}`".replace("'", '"')


@pytest.mark.parametrize("cls", CLASSES, ids=[cls.__name__ for cls in CLASSES])
def test_the_page_lists_the_fields_of_the_code(cls: type) -> None:
    assert described(cls) == in_code(cls)


def test_the_page_describes_no_other_class() -> None:
    assert set(re.findall(r"^### (\w+)$", PAGE, re.MULTILINE)) == {cls.__name__ for cls in CLASSES}


@pytest.mark.parametrize(("title", "group"), [("Requests", m.Request), ("Replies", m.Reply), ("Events", m.Event)])
def test_messages_stand_in_their_group(title: str, group: object) -> None:
    names = re.findall(r"^### (\w+)$", section(title, 2), re.MULTILINE)
    assert names == [cls.__name__ for cls in get_args(group)]


def test_every_operation_is_explained() -> None:
    assert tuple(name.strip("`") for name, _ in rows(section("Operations", 2))) == get_args(m.Operation)


def test_every_problem_code_is_explained() -> None:
    assert tuple(code.strip("`") for code, _ in rows(section("Problems", 2))) == get_args(m.ProblemCode)


def test_the_version_is_the_codes() -> None:
    assert f"version {PROTOCOL_VERSION}" in PAGE.splitlines()[0]
    assert f"here {PROTOCOL_VERSION}." in PROSE


@pytest.mark.parametrize(
    "sentence",
    [
        f"header {wire.MAX_HEADER_BYTES >> 20} MiB",
        f"{wire.MAX_FRAMES} raw frames",
        f"{wire.MAX_FRAME_BYTES >> 20} MiB a frame, {listening.MAX_REQUEST_FRAME_BYTES >> 20} MiB towards the backend",
        f"{MAX_VERTICES // 10**6} million vertices and {MAX_FACES // 10**6} million faces",
        f"textures of {MAX_TEXTURE_SIZE} pixels",
        f"{MAX_SOURCE_FACES // 10**6} million triangles towards the backend",
        f"{request_check.TEXTURE_SIDES[0]} to {request_check.TEXTURE_SIDES[1]} pixels",
        f"0 to {sp.LARGEST_MASK_BORDER} texels",
        f"0 to {sp.MOST_EXTRA_STEPS}",
        f"waited {client.OUTAGE_SECONDS:.0f} seconds",
        f"`{addresses.DEFAULT_ADDRESS}`",
        f"1 to {request_check.MAX_PROMPTS} parts",
        f"at most {request_check.MAX_CHARACTERS} characters",
        f"at most {m.MAX_FILE_BYTES >> 20} MiB",
        f"the last {jobs_at_hand.REMEMBERED} that ended",
    ],
)
def test_a_limit_on_the_page_is_the_codes(sentence: str) -> None:
    assert sentence in PROSE
