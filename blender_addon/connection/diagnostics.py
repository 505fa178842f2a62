"""What to send with a report: versions, system, backend and log, and prompts only with consent. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...shared import PROTOCOL_VERSION
from .. import wording
from ..state import Session

LOG_LINES = 40
_HIDDEN = "(not included)"


@dataclass(frozen=True)
class Surroundings:
    """Of this computer and this Blender, as texts."""

    addon: str
    blender: str
    python: str
    libraries: str
    system: str
    graphics: str


def diagnostics(around: Surroundings, session: Session, log: Sequence[str], with_prompts: bool = False) -> str:
    """The text. Without consent, prompts and names of their files are left out, in the log and in messages too."""
    backend = session.backend
    facts = {
        "Any to 3D": f"{around.addon}, protocol {PROTOCOL_VERSION}",
        "Blender": f"{around.blender}, Python {around.python}",
        "Libraries": around.libraries,
        "System": around.system,
        "Graphics": around.graphics,
        "Connection": f"{session.connection} {session.address}".strip(),
        "Backend": "none" if backend is None else wording.connection_line(session),
        "Backend's protocol": "" if backend is None else backend.protocol_version,
        "Kernels": "" if backend is None else backend.kernels,
        "Memory": ", ".join(wording.memory_lines(session)),
        "Warning": "" if backend is None else backend.warning,
        "Error": "" if session.trouble is None else f"[{session.trouble.code}] {session.trouble.message}",
    }
    lines = [f"{name}: {text}" for name, text in facts.items() if text]
    for job in session.jobs:
        prompt = job.origin.prompt if with_prompts else _HIDDEN
        state = f"{job.state} {job.phase} {job.step}/{job.steps}" if job.state == "running" else job.state
        lines.append(f"Job: {state}, {job.origin.recipe} {job.origin.preset}, seed {job.origin.seed}, prompt: {prompt}")
    lines += ["", "Last lines of the backend's log:", *(log[-LOG_LINES:] or ["(none)"])]
    text = "\n".join(lines) + "\n"
    return text if with_prompts else _without(text, [job.origin.prompt for job in session.jobs])


def _without(text: str, prompts: Sequence[str]) -> str:
    for prompt in sorted(filter(None, prompts), key=len, reverse=True):
        text = re.sub(re.escape(prompt), _HIDDEN, text, flags=re.IGNORECASE)
    return text
