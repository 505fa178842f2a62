"""What a job began with besides its prompt, as its object and the history remember it. No Blender in here."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from typing import Literal, Union, get_args, get_type_hints

from ...shared.messages import SeenFrom, Submit
from ...shared.starting_points import Continue, Refine, Retexture

Kind = Literal["", "refine", "retexture", "branch"]
Value = Union[str, int, float, bool]


@dataclass(frozen=True)
class Beginning:
    """kind: empty where it began with nothing.  What a kind does not have stays at its default.

    source: the object's name at that moment.
    keep: of a refined shape, 0 to 1.
    strength, border, width, height: of a retexture, as ``Retexture`` has them.  size: as the artist chose it, 0 for
    that of the image.  uv_map: what was painted on, and whether it is_new_uv_map.
    mask: NONE, GROUP, SELECTION, FACE_SET or IMAGE, with mask_name, face_set, uses_alpha and is_inverted.
    checkpoint, more_steps: of a branch.  is_edited: whether the shape was sent, as edited by hand.  has_own_prompt:
    otherwise it had that of the job gone on from.
    is_angled: whether an angle was given from which the picture is seen; elevation, azimuth: degrees.
    """

    kind: Kind = ""
    source: str = ""
    keep: float = 0.0
    strength: float = 0.0
    border: int = 0
    width: int = 0
    height: int = 0
    size: int = 0
    uv_map: str = ""
    is_new_uv_map: bool = False
    mask: str = "NONE"
    mask_name: str = ""
    face_set: int = 0
    uses_alpha: bool = False
    is_inverted: bool = False
    checkpoint: str = ""
    more_steps: int = 0
    is_edited: bool = False
    has_own_prompt: bool = False
    is_angled: bool = False
    elevation: float = 0.0
    azimuth: float = 0.0

    @property
    def seen_from(self) -> SeenFrom | None:
        return SeenFrom(self.elevation, self.azimuth) if self.is_angled else None

    @property
    def text(self) -> str:
        """What differs from a beginning with nothing, as JSON; empty if nothing does.

        >>> Beginning(kind="refine", source="Cube", keep=0.5).text
        '{"kind": "refine", "source": "Cube", "keep": 0.5}'
        >>> Beginning.of_text(Beginning(kind="branch", more_steps=500).text)
        Beginning(kind='branch', more_steps=500)
        """
        return json.dumps(self._told(), ensure_ascii=False) if self != NOTHING else ""

    @staticmethod
    def of_text(text: str) -> Beginning:
        """What ``text`` said. What is no such text, or what this release does not know of it, is left out."""
        try:
            found = json.loads(text or "{}")
        except ValueError:
            return NOTHING
        if not isinstance(found, dict):
            return NOTHING
        fit = {name: value for name, value in found.items() if _fits(name, value)}
        return Beginning(**fit)

    def __repr__(self) -> str:
        return f"Beginning({', '.join(f'{name}={value!r}' for name, value in self._told().items())})"

    @property
    def line(self) -> str:
        """For people, in the history; empty for a job that began with its prompt alone.

        >>> Beginning(kind="refine", source="Cube", keep=0.5, is_angled=True, elevation=15, azimuth=90).line
        "Refined 'Cube', keep 0.5, image seen from 15°, 90°"
        >>> Beginning(kind="retexture", source="Cube", strength=0.35, border=8, width=64, height=32, mask="GROUP").line
        "Painted 'Cube', strength 0.35, 64 x 32, mask: vertex group, border 8"
        >>> Beginning(kind="branch", checkpoint="geometry", more_steps=500).line
        'Goes on from geometry, 500 more steps'
        """
        return ", ".join([*self._course(), *([self._angle()] if self.is_angled else [])])

    def _course(self) -> list[str]:
        if self.kind == "refine":
            return [f"Refined '{self.source}'", f"keep {self.keep:.2g}"]
        if self.kind == "branch":
            begun = f"Goes on from {self.checkpoint or 'its newest state'}"
            edited = ["with the edited shape"] if self.is_edited else []
            return [begun, *edited, *([f"{self.more_steps} more steps"] if self.more_steps else [])]
        if self.kind == "retexture":
            masked = [f"mask: {self._mask()}", f"border {self.border}"] if self.mask != "NONE" else []
            new = ["new UVs"] if self.is_new_uv_map else []
            painted = f"Painted '{self.source}'"
            return [painted, f"strength {self.strength:.2g}", f"{self.width} x {self.height}", *new, *masked]
        return []

    def _mask(self) -> str:
        name = f" '{self.mask_name}'" if self.mask_name else f" {self.face_set}" if self.face_set else ""
        kind = {"GROUP": "vertex group", "SELECTION": "selected faces", "FACE_SET": "face set", "IMAGE": "image"}
        return f"{kind.get(self.mask, self.mask)}{name}{' inverted' if self.is_inverted else ''}"

    def _angle(self) -> str:
        start = "image" if self.kind else "Image"
        return f"{start} seen from {self.elevation:.3g}°, {self.azimuth:.3g}°"

    def _told(self) -> dict[str, Value]:
        told = {each.name: (getattr(self, each.name), each.default) for each in fields(self)}
        return {name: value for name, (value, usual) in told.items() if value != usual}


NOTHING = Beginning()

_TYPES = get_type_hints(Beginning)


def began(submit: Submit, chosen: Beginning = NOTHING) -> Beginning:
    """What this request begins with. chosen: what its message does not say, as the name of the object."""
    seen = submit.seen_from
    if seen is not None:
        chosen = replace(chosen, is_angled=True, elevation=seen.elevation, azimuth=seen.azimuth)
    match submit.source:
        case Refine(_, keep):
            return replace(chosen, kind="refine", keep=keep)
        case Retexture(_, strength, width, height, border):
            return replace(chosen, kind="retexture", strength=strength, width=width, height=height, border=border)
        case Continue(_, checkpoint, more_steps, mesh):
            return replace(
                chosen,
                kind="branch",
                checkpoint=checkpoint,
                more_steps=more_steps,
                is_edited=mesh is not None,
                has_own_prompt=bool(submit.prompts),
            )
        case _:
            return replace(chosen, source="")


def _fits(name: str, value: object) -> bool:
    wanted = _TYPES.get(name)
    if name == "kind":
        return value in get_args(Kind)
    if wanted is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    # A truth value is an int to Python.
    return wanted in (str, int, bool) and type(value) is wanted
