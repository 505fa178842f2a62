"""``conditioning.json``: what a small network's class label carries beyond the published models' own.

The published Stable unCLIP and Zero-1-to-3 folders have no such file. The built-in ones do: their networks are told the
view and the kind of image in numbers, since they are too small to read words through cross-attention.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import torch
from jaxtyping import Float
from torch import Tensor

from .json_fields import JsonFields
from .protocols import Signal
from .view_features import view_features

CONDITIONING_FILE = "conditioning.json"


@dataclass(frozen=True)
class PoseFeatures:
    """How angles enter a class label; see ``view_features``."""

    harmonics: int
    gain: float

    def of(self, *angles: Float[Tensor, "B"]) -> Float[Tensor, "B N"]:
        return view_features(angles, self.harmonics, self.gain)


@dataclass(frozen=True)
class UnclipConditioning:
    """Class label [scale * embedding ; noise level ; azimuth and twice the elevation ; one of ``signals``].

    has_noise_level says whether the sinusoid of the noise level is part of the label.
    """

    embedding_scale: float
    has_noise_level: bool
    pose: PoseFeatures
    signals: tuple[Signal, ...]

    def embedding_width(self, label_width: int) -> int:
        """How many numbers the embedding has in a class label of ``label_width``; ValueError where nothing fits."""
        parts = 2 if self.has_noise_level else 1
        width, rest = divmod(label_width - 4 * self.pose.harmonics - len(self.signals), parts)
        if width < 1 or rest:
            raise ValueError(
                f"{CONDITIONING_FILE} does not fit its network: a class label of {label_width} numbers cannot hold "
                f"{self.pose.harmonics} harmonics, {len(self.signals)} signals and {parts} equal parts"
            )
        return width

    def one_hot(self, signal: Signal) -> Float[Tensor, "1 S"]:
        """Raises ValueError for a signal the network was not trained on."""
        if signal not in self.signals:
            raise ValueError(
                f"this prior was trained on {', '.join(self.signals)} images and cannot judge {signal!r}; "
                f"use a recipe whose phases show it {' or '.join(self.signals)}"
            )
        return torch.eye(len(self.signals))[None, self.signals.index(signal)]


@dataclass(frozen=True)
class Zero123Conditioning:
    """Class label [d azimuth, twice either elevation ; label_embedding_scale * unit reference embedding].

    is_token_unit says which of the reference's embeddings enters the camera projection: the unit one, or the raw.
    """

    pose: PoseFeatures
    is_token_unit: bool
    label_embedding_scale: float

    def require_fit(self, label_width: int, embedding_width: int) -> None:
        """Raises ValueError where the network's class label is not made of three angles and the embedding."""
        width = 6 * self.pose.harmonics + embedding_width
        if width != label_width:
            raise ValueError(
                f"{CONDITIONING_FILE} does not fit its network: {self.pose.harmonics} harmonics of three angles and an "
                f"embedding of {embedding_width} make {width} numbers, the class label has {label_width}"
            )


def read_unclip_conditioning(folder: Path) -> UnclipConditioning | None:
    """None where the folder has no such file; ValueError naming file, key, value and what is allowed."""
    if not (folder / CONDITIONING_FILE).exists():
        return None
    fields = JsonFields.read(folder / CONDITIONING_FILE)
    fields.allow_only("embedding_scale", "noise_level_embedding", "pose", "signals", "shared")
    return UnclipConditioning(
        embedding_scale=fields.number("embedding_scale"),
        has_noise_level=fields.flag("noise_level_embedding"),
        pose=_pose(fields.inner("pose")),
        signals=_signals(fields),
    )


def read_zero123_conditioning(folder: Path) -> Zero123Conditioning | None:
    """None where the folder has no such file; ValueError naming file, key, value and what is allowed."""
    if not (folder / CONDITIONING_FILE).exists():
        return None
    fields = JsonFields.read(folder / CONDITIONING_FILE)
    fields.allow_only("pose", "embedding", "label_embedding_scale", "shared")
    embedding = fields.text("embedding")
    if embedding not in ("unit", "raw"):
        raise fields.wrong("embedding", "unit or raw")
    return Zero123Conditioning(_pose(fields.inner("pose")), embedding == "unit", fields.number("label_embedding_scale"))


def read_shared(folder: Path) -> dict[str, str]:
    """Components that lie in another folder: name -> path relative to this one; empty without the file."""
    if not (folder / CONDITIONING_FILE).exists():
        return {}
    fields = JsonFields.read(folder / CONDITIONING_FILE)
    if not fields.has("shared"):
        return {}
    shared = fields.inner("shared")
    return {name: shared.text(name) for name in shared.values}


def _pose(fields: JsonFields) -> PoseFeatures:
    fields.allow_only("harmonics", "gain")
    return PoseFeatures(fields.count("harmonics"), fields.number("gain"))


def _signals(fields: JsonFields) -> tuple[Signal, ...]:
    known: tuple[Signal, ...] = get_args(Signal)
    names = fields.texts("signals")
    if not names or len(set(names)) < len(names) or not set(names) <= set(known):
        raise fields.wrong("signals", f"a list of some of {', '.join(known)}, each once")
    return tuple(signal for name in names for signal in known if signal == name)
