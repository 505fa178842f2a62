"""What the paper says of XBind against its baselines and ablations (Table I, Fig. 6 and 7), as claims to be tested."""

from dataclasses import dataclass
from typing import Literal

MeasureName = Literal[
    "R@1",
    "R@1 in-loop",
    "class R@1",
    "likeness",
    "Chamfer %",
    "normals dB",
    "normal sharpness",
    "texture dB",
    "seconds",
]


@dataclass(frozen=True)
class Published:
    """A row of Table I, without ARCC: that is of sound prompts, which the baselines are not given here."""

    clip_r: float
    clip_i: float


TABLE_1 = {
    "zerostable_cds": Published(0.4317, 0.6723),
    "stable_sds": Published(0.5583, 0.8176),
    "zero_sds": Published(0.4483, 0.7267),
    "xbind": Published(0.8050, 0.8554),
}


@dataclass(frozen=True)
class Claim:
    """That XBind's ``measure`` is higher or lower than the variant's; our reading of what the paper says in words."""

    source: str
    says: str
    variant: str
    measure: MeasureName
    xbind_is: Literal["higher", "lower"]


CLAIMS = (
    Claim("Table I", "CLIP-R .805 against .558", "stable_sds", "R@1", "higher"),
    Claim("Table I", "CLIP-R .805 against .448", "zero_sds", "R@1", "higher"),
    Claim("Table I", "CLIP-R .805 against .432", "zerostable_cds", "R@1", "higher"),
    Claim("Table I", "CLIP-I .855 against .818", "stable_sds", "likeness", "higher"),
    Claim("Table I", "CLIP-I .855 against .727", "zero_sds", "likeness", "higher"),
    Claim("Table I", "CLIP-I .855 against .672", "zerostable_cds", "likeness", "higher"),
    Claim("Fig. 7a", "without the 3D prior, wrong geometry", "no_stereo", "Chamfer %", "lower"),
    Claim("Fig. 7a", "without the 3D prior, unrealistic textures", "no_stereo", "texture dB", "higher"),
    Claim("Fig. 7b", "without the 2D prior, wrong and flattened geometry", "no_planar", "Chamfer %", "lower"),
    Claim("Fig. 7b", "without the 2D prior, textures lost in other views", "no_planar", "texture dB", "higher"),
    Claim("Fig. 7c", "phase I alone lacks geometric details", "phase1_only", "normals dB", "higher"),
    Claim("Fig. 7c", "phase I alone has blurred textures", "phase1_only", "texture dB", "higher"),
    Claim("Fig. 7d", "without MS, prompts are integrated less well", "no_ms", "R@1", "higher"),
    Claim("Fig. 7d", "without MS, inconsistent and less detailed geometry", "no_ms", "Chamfer %", "lower"),
    Claim("Fig. 6", "SDS in phase II makes bumps", "augsds_phase2", "normal sharpness", "lower"),
    Claim("Fig. 6", "SDS in phase II spoils geometric details", "augsds_phase2", "normals dB", "higher"),
)
