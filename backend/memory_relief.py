"""What a job gives up, one thing after the other, when the device runs out of memory."""

from dataclasses import dataclass, replace

from .generator.condition_readers import put_readers_away
from .generator.economy import HOST, Economy
from .generator.prior_size import at_image_size, has_autoencoder
from .generator.recipe import Recipe
from .generator.recomputation import recompute
from .generator.runtime import Runtime

SMALLER_IMAGE = 512
"""Pixels a side that Stable unCLIP 2.1 still paints well; 768 is what it was trained on last."""


@dataclass(frozen=True)
class Relief:
    """notice: for the artist, a sentence without its beginning."""

    economy: Economy
    notice: str


def next_relief(economy: Economy, runtime: Runtime, recipe: Recipe) -> Relief | None:
    """What to give up beside what ``economy`` has given up already, or None where nothing is left."""
    if economy.images_at_once is None and most_pictures(recipe) > 1:
        return Relief(replace(economy, images_at_once=1), "the networks now see one picture at a time, which is slower")
    if not economy.recompute and has_autoencoder(runtime.planar):
        notice = "the autoencoders now compute twice what they used to keep, which is a little slower"
        return Relief(replace(economy, recompute=True), notice)
    shown = most_pixels(recipe, runtime.planar.image_size)
    if economy.largest_image is None and shown > SMALLER_IMAGE and has_autoencoder(runtime.planar):
        notice = f"the 2D prior now sees pictures of {SMALLER_IMAGE} instead of {shown} pixels, with less detail"
        return Relief(replace(economy, largest_image=SMALLER_IMAGE), notice)
    if not economy.offload and runtime.device != HOST:
        notice = "networks now wait in the computer's memory while others work, which is much slower"
        return Relief(replace(economy, offload=True), notice)
    return None


def under(economy: Economy, runtime: Runtime) -> Runtime:
    """The runtime with this economy, its networks where they belong.

    Raises ValueError for a largest image that the 2D prior cannot be shown.
    """
    largest = economy.largest_image
    planar = runtime.planar if largest is None else at_image_size(runtime.planar, largest)
    for network in runtime.networks:
        network.move(HOST if economy.offload else runtime.device)
    for prior in (runtime.planar, runtime.stereo):
        if prior is not None:
            put_readers_away(prior)
            recompute(prior, economy.recompute)
    return replace(runtime, planar=planar, economy=economy)


def most_pictures(recipe: Recipe) -> int:
    """That are shown to a network together."""
    return max(recipe.reference.candidates, *(phase.batch for phase in recipe.phases))


def most_pixels(recipe: Recipe, planar_size: int) -> int:
    """A side of what the phases show a 2D prior of this size; the reference view passes it once, and counts little."""
    return max(min(phase.planar_size or planar_size, planar_size) for phase in recipe.phases)
