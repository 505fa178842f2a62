"""How like two objects look to a judge, from all around: the role of CLIP-I, with the true prop as the reference."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from ..judges import Judge
from ..scores import Orbits

VIEWS = 24
"""Azimuths an elevation."""


@dataclass(frozen=True)
class Judged:
    """One number by one judge."""

    judge: str
    value: float


def by_judge(found: Sequence[Judged], judge: str) -> float:
    """The number of the judge with this name."""
    (value,) = (each.value for each in found if each.judge == judge)
    return value


def likeness(views: Float[Tensor, "V E"], others: Float[Tensor, "W E"]) -> float:
    """Cosine of the mean embeddings of two objects' pictures, so that it does not matter which way either faces."""
    return float(F.cosine_similarity(_mean(views), _mean(others), dim=0))


def look(judge: Judge, pictures: Orbits) -> Float[Tensor, "V E"]:
    """A judge's embeddings of pictures from all elevations together."""
    return judge.seen(torch.cat(list(pictures.values())))


def _mean(embeddings: Float[Tensor, "V E"]) -> Float[Tensor, "E"]:
    return F.normalize(embeddings, dim=1).mean(dim=0)
