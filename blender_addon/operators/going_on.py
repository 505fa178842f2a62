"""Send a job that goes on from another one, for the operators that branch, approve and continue."""

from __future__ import annotations

from dataclasses import dataclass, replace

import bpy

from ...shared.starting_points import Continue
from .. import properties, pump
from ..history import entries as history
from ..objects.placement import Placement
from ..request import submission
from ..request.course import Course
from ..request.submission import PromptFields
from ..state import Provenance

AS_BEFORE = -1
"""The seed of an operator that was given none."""


@dataclass(frozen=True)
class Change:
    """What is to be otherwise than in the job gone on from. prompt: words, empty for the job's own whole prompt."""

    prompt: str = ""
    preset: str = ""
    seed: int = AS_BEFORE


def go_on(context: bpy.types.Context, origin: Provenance, source: Continue, change: Change, place: Placement) -> None:
    """Ask for a job that begins with what another one, known by ``origin``, has left. Raises ValueError."""
    link = pump.link()
    backend = link.session.backend
    if backend is None:
        raise ValueError("No backend is connected.")
    fields = PromptFields(
        text=change.prompt,
        recipe=origin.recipe,
        preset=change.preset or origin.preset,
        seed=origin.seed if change.seed == AS_BEFORE else change.seed,
        negative=origin.negative,
    )
    submit = submission.to_submit(fields, backend, place.max_faces, Course(source))
    submit = replace(submit, overrides={**submit.overrides, **dict(origin.overrides)})
    title, parts = (fields.title, fields.named_parts) if change.prompt else (origin.prompt, origin.parts)
    settings = history.settings_of_job(origin.job_id) or properties.values_of(properties.settings(context))
    settings |= {"preset": fields.preset, "seed": fields.seed, "negative": fields.negative}
    if change.prompt:
        settings |= {"prompt": change.prompt, "text_block": "", "image": "", "image_block": "", "sound": ""}
        settings |= {"sound_block": ""}
    link.generate(submit, title, place, parts, settings)
    pump.wake()
