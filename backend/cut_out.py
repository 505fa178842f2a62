"""The object alone from an image prompt: by which method, whether to believe it, and in which frame it is embedded."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from jaxtyping import Float
from torch import Tensor

from .doubtful_cut_out import doubt_about
from .generator.matting import recentred, report
from .grab_cut import GrabCut
from .rembg_matting import RembgMatting, find_rembg_weights, is_rembg_installed

log = logging.getLogger(__name__)

FILL = 0.8
"""Long side of the object in the frame; in training pictures (distance 2.5, 40 degrees) it is 0.81 on average."""

FRAME_SIZE = 512
"""Pixels a side of the framed object; no joint encoder looks at more than 384."""

PLAUSIBLE_AREA = (0.005, 0.9)
LARGEST_BORDER = 0.5
"""An object may be cut off by the picture's edge, but what covers half of the edge is background."""

TRANSPARENT_SHARE = 0.005
"""A picture with at least this share of see-through pixels was cut out by its maker."""

OWN_TRANSPARENCY = "the picture's own transparency"
NO_METHOD = "none"


class Matting(Protocol):
    """Finds the object in a picture; ``name`` is what the log and the artist are told."""

    @property
    def name(self) -> str: ...

    def alpha(self, pixels: Float[Tensor, "3 H W"]) -> Float[Tensor, "H W"]:
        """[0, 1], 1 on the object."""
        ...


@dataclass(frozen=True)
class ChosenMatting:
    """What this installation has; ``notice`` says what stands in the way of something better that is half there.

    doubt: of a picture and its cut-out, a notice to the artist, or "" where there is none to give.
    """

    matting: Matting
    notice: str = ""
    doubt: Callable[[Float[Tensor, "3 H W"], Float[Tensor, "H W"]], str] = lambda pixels, alpha: ""


@dataclass(frozen=True)
class CutOutPicture:
    """What the encoder gets to see. pixels: [0, 1], the object on white, or the whole picture if ``notice`` says so."""

    pixels: Float[Tensor, "3 H W"]
    method: str
    notice: str = ""


@cache
def choose_matting() -> ChosenMatting:
    """rembg where the library and one of its networks are installed, else GrabCut; says which in the log, once."""
    weights, notice = find_rembg_weights(), ""
    if weights is not None and not is_rembg_installed():
        notice = f"{weights.path.name} is there, but the library rembg is not installed."
    elif weights is not None:
        try:
            chosen = ChosenMatting(RembgMatting(weights))
            log.info("matting=%r weights=%s", chosen.matting.name, weights.path)
            return chosen
        except (ValueError, ImportError) as error:
            notice = f"rembg could not be used: {error}."
    log.info("matting=%r %s", GrabCut.name, notice)
    return ChosenMatting(GrabCut(), notice, doubt_about)


def cut_out(picture: Float[Tensor, "4 H W"], choose: Callable[[], ChosenMatting]) -> CutOutPicture:
    """The picture's object on white, in the middle, as large as in the pictures that the encoders were trained on.

    picture: straight RGBA in [0, 1]. Its own transparency is taken where it has any, else ``choose`` is asked. A result
    that cannot be an object (nothing, all, or most of the edge) leaves the picture whole.
    Raises ValueError for a picture that is transparent everywhere.
    """
    pixels, alpha = picture[:3], picture[3]
    if _share(alpha < 0.5) >= TRANSPARENT_SHARE:
        if not bool((alpha > 0.5).any()):
            raise ValueError("the image prompt is transparent everywhere; choose a picture of an object")
        return CutOutPicture(framed(pixels, alpha), OWN_TRANSPARENCY)
    chosen = choose()
    found = chosen.matting.alpha(pixels)
    failure = _failure(found)
    if failure:
        told = (f"No object could be cut out ({failure}), so the whole picture is used.", chosen.notice)
        return CutOutPicture(pixels, NO_METHOD, " ".join(filter(None, told)))
    told = (chosen.doubt(pixels, found), chosen.notice)
    return CutOutPicture(framed(pixels, found), chosen.matting.name, " ".join(filter(None, told)))


def framed(pixels: Float[Tensor, "3 H W"], alpha: Float[Tensor, "H W"]) -> Float[Tensor, "3 S S"]:
    """The opaque part on white, its box in the middle of a square and its long side FILL of it."""
    frame, _ = recentred(pixels, alpha, FRAME_SIZE, FILL)
    return frame


def _failure(alpha: Float[Tensor, "H W"]) -> str:
    measured = report(alpha > 0.5)
    if measured.area < PLAUSIBLE_AREA[0]:
        return "nothing stands out from the background"
    if measured.area > PLAUSIBLE_AREA[1]:
        return "the object would be the whole picture"
    if measured.border > LARGEST_BORDER:
        return "the object would cover most of the picture's edge"
    return ""


def _share(mask: Tensor) -> float:
    return float(mask.float().mean())
