"""How much a job must give up to fit, decided before it starts: the least that is enough by forecast."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .generator.economy import Economy
from .generator.recipe import Recipe
from .memory_forecast import GIB, Forecast, forecast
from .memory_relief import SMALLER_IMAGE, most_pictures, most_pixels
from .network_weights import NetworkWeights


@dataclass(frozen=True)
class Choice:
    """An economy and the memory it leaves needed. fits: whether that is there."""

    economy: Economy
    forecast: Forecast
    fits: bool


def least_economy(recipe: Recipe, networks: NetworkWeights, available: float) -> Choice:
    """The first economy that needs no more than ``available`` bytes, or, where none is enough, the last.

    Nothing is refused: a forecast may be wrong, and what then runs out of memory helps itself (memory_relief).
    """
    tried = [(economy, forecast(recipe, networks, economy)) for economy in economies(recipe, networks)]
    for economy, found in tried:
        if found.needed <= available:
            return Choice(economy, found, fits=True)
    return Choice(*tried[-1], fits=False)


def economies(recipe: Recipe, networks: NetworkWeights) -> Iterator[Economy]:
    """What may be given up, in order of what it costs: nothing, a little time, detail, and then much time."""
    economy = Economy()
    yield economy
    if most_pictures(recipe) > 1:
        economy = replace(economy, images_at_once=1)
        yield economy
    economy = replace(economy, recompute=True)
    yield economy
    smaller = replace(economy, largest_image=SMALLER_IMAGE)
    has_detail = most_pixels(recipe, networks.planar_size) > SMALLER_IMAGE
    if has_detail:
        yield smaller
    # Where the networks must wait in turn, smaller pictures may not be necessary at all.
    yield replace(economy, offload=True)
    if has_detail:
        yield replace(smaller, offload=True)


def described(economy: Economy) -> str:
    """What it does, for people, as the end of a sentence; empty where nothing is given up."""
    parts = []
    if economy.images_at_once is not None:
        parts.append("the networks see one picture at a time")
    if economy.recompute:
        parts.append("the autoencoders compute twice what they would keep")
    if economy.largest_image is not None:
        parts.append(f"the 2D prior sees pictures of {economy.largest_image} pixels")
    if economy.offload:
        parts.append("networks wait in the computer's memory while others work, which is much slower")
    *most, last = parts or [""]
    return f"{', '.join(most)} and {last}" if most else last


def notice(choice: Choice, available: float) -> str:
    """What to tell the artist before the job starts; empty where nothing is given up."""
    if choice.economy == Economy():
        return ""
    if choice.fits:
        return f"To fit into {available / GIB:.1f} GiB of graphics memory, {described(choice.economy)}."
    return (
        f"This may need {choice.forecast.needed / GIB:.1f} GiB of graphics memory, and {available / GIB:.1f} are free; "
        f"{described(choice.economy)}. Another preset needs less."
    )
