"""What a job gives up, one thing after the other, when the device runs out of memory."""

from dataclasses import dataclass, replace

from .generator.economy import HOST, Economy
from .generator.recipe import Recipe
from .generator.runtime import Runtime
from .models.stable_unclip import StableUnclipPrior

SMALLER_IMAGE = 512
"""Pixels a side that Stable unCLIP 2.1 still paints well; 768 is what it was trained on last."""


@dataclass(frozen=True)
class Relief:
    """notice: for the artist, a sentence without its beginning."""

    economy: Economy
    notice: str


def next_relief(economy: Economy, runtime: Runtime, recipe: Recipe) -> Relief | None:
    """What to give up beside what ``economy`` has given up already, or None where nothing is left."""
    if economy.images_at_once is None and any(phase.batch > 1 for phase in recipe.phases):
        return Relief(replace(economy, images_at_once=1), "the networks now see one picture at a time, which is slower")
    if economy.largest_image is None and runtime.planar.image_size > SMALLER_IMAGE:
        size = runtime.planar.image_size
        notice = f"the 2D prior now sees pictures of {SMALLER_IMAGE} instead of {size} pixels, with less detail"
        return Relief(replace(economy, largest_image=SMALLER_IMAGE), notice)
    if not economy.offload and runtime.device != HOST:
        notice = "networks now wait in the computer's memory while others work, which is much slower"
        return Relief(replace(economy, offload=True), notice)
    return None


def under(economy: Economy, runtime: Runtime) -> Runtime:
    """The runtime with this economy, its networks where they belong."""
    planar = runtime.planar
    if economy.largest_image is not None and isinstance(planar, StableUnclipPrior):
        size = min(economy.largest_image, planar.image_size)
        planar = replace(planar, codec=planar.codec.at_size(size))
    for network in runtime.networks:
        network.move(HOST if economy.offload else runtime.device)
    return replace(runtime, planar=planar, economy=economy)
