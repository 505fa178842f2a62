"""What a generated object was made from, as custom properties on it: enough to make it again.

Every name begins with ``any_to_3d_``, and every value is a text, a number or a truth value, so that glTF's extras carry
them. Of files only the names are kept: a path would tell about the artist's computer.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import bpy

from ...shared.messages import Welcome
from ..request.beginning import Beginning
from ..state import PromptPart, Provenance

PREFIX = "any_to_3d_"
REQUEST = PREFIX + "request"
JOB = PREFIX + "job"
PROMPT = PREFIX + "prompt"
PARTS = PREFIX + "parts"
NEGATIVE = PREFIX + "negative"
RECIPE = PREFIX + "recipe"
PRESET = PREFIX + "preset"
SEED = PREFIX + "seed"
OVERRIDES = PREFIX + "overrides"
PARENT = PREFIX + "parent"
UNTIL = PREFIX + "until"
DATE = PREFIX + "date"
BACKEND_VERSION = PREFIX + "backend_version"
PROFILE = PREFIX + "profile"
DEVICE = PREFIX + "device"
KERNELS = PREFIX + "kernels"
NOTE = PREFIX + "backend_note"
LICENCES = PREFIX + "model_licences"
RETEXTURED = PREFIX + "retextured"
BEGINNING = PREFIX + "beginning"

NAMES = (
    REQUEST, JOB, PROMPT, PARTS, NEGATIVE, RECIPE, PRESET, SEED, OVERRIDES, DATE, BACKEND_VERSION, PROFILE, DEVICE,
    KERNELS, NOTE, LICENCES, RETEXTURED, PARENT, UNTIL, BEGINNING,
)  # fmt: skip

HEIGHT = PREFIX + "height"
ORIGIN = PREFIX + "origin"
MAX_FACES = PREFIX + "max_faces"
SHARP_ANGLE = PREFIX + "sharp_angle"
IS_FINAL = PREFIX + "is_final"

PLACEMENT = (HEIGHT, ORIGIN, MAX_FACES, SHARP_ANGLE, IS_FINAL)
"""How it was placed and what it was made into, which the next result in its place is too."""


def write(target: bpy.types.Object, origin: Provenance) -> None:
    """Say on the object what was asked for. ``parts``, ``overrides`` and ``beginning`` are JSON."""
    target[REQUEST] = origin.request_id
    target[JOB] = origin.job_id
    target[PROMPT] = origin.prompt
    target[PARTS] = json.dumps([[part.modality, part.value, part.weight] for part in origin.parts], ensure_ascii=False)
    target[NEGATIVE] = origin.negative
    target[RECIPE] = origin.recipe
    target[PRESET] = origin.preset
    target[SEED] = origin.seed
    target[OVERRIDES] = json.dumps(dict(origin.overrides))
    target[RETEXTURED] = origin.retextured
    target[PARENT] = origin.parent
    target[UNTIL] = origin.until
    target[BEGINNING] = origin.beginning.text


def write_backend(target: bpy.types.Object, backend: Welcome | None) -> None:
    """Say on the finished object who made it and when (UTC); ``None`` where the backend is not known any more."""
    target[DATE] = datetime.now(UTC).isoformat(timespec="seconds")
    target[BACKEND_VERSION] = backend.backend_version if backend else ""
    target[PROFILE] = backend.profile if backend else ""
    target[DEVICE] = backend.device if backend else ""
    target[KERNELS] = backend.kernels if backend else ""
    target[NOTE] = backend.warning if backend else ""
    licences = backend.licences if backend else ()
    target[LICENCES] = "; ".join(f"{each.model}: {each.licence}. {each.meaning}" for each in licences)


def read(target: bpy.types.Object) -> Provenance:
    """What ``write`` said; older files know less."""
    return Provenance(
        request_id=str(target.get(REQUEST, "")),
        prompt=str(target.get(PROMPT, "")),
        recipe=str(target.get(RECIPE, "")),
        preset=str(target.get(PRESET, "")),
        seed=int(target.get(SEED, 0)),
        job_id=str(target.get(JOB, "")),
        parts=_parts(str(target.get(PARTS, "[]"))),
        negative=str(target.get(NEGATIVE, "")),
        overrides=_overrides(str(target.get(OVERRIDES, "{}"))),
        retextured=str(target.get(RETEXTURED, "")),
        parent=str(target.get(PARENT, "")),
        until=str(target.get(UNTIL, "")),
        beginning=Beginning.of_text(str(target.get(BEGINNING, ""))),
    )


def is_generated(target: bpy.types.Object | None) -> bool:
    """Whether this object is one of ours."""
    return target is not None and target.get(PROMPT) is not None


def copy(source: bpy.types.Object, target: bpy.types.Object) -> None:
    """What ``source`` says about where it comes from, on ``target`` too, without making it the job's object."""
    for name in source.keys():  # noqa: SIM118 - an object is no mapping
        if name.startswith(PREFIX) and name != REQUEST:
            target[name] = source[name]


def _parts(text: str) -> tuple[PromptPart, ...]:
    """No parts where somebody typed something else over it: that must not keep a file from opening."""
    try:
        return tuple(PromptPart(str(kind), str(value), float(weight)) for kind, value, weight in json.loads(text))
    except (ValueError, TypeError):
        return ()


def _overrides(text: str) -> tuple[tuple[str, float], ...]:
    try:
        return tuple((str(name), float(value)) for name, value in json.loads(text).items())
    except (ValueError, TypeError, AttributeError):
        return ()
