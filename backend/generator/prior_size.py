"""A prior that sees pictures of another size than it was trained at."""

from dataclasses import Field, replace
from typing import Any, ClassVar, Protocol, runtime_checkable

from ..models.latent_codec import LatentCodec
from ..models.protocols import DiffusionPrior


@runtime_checkable
class Coded(Protocol):
    """A dataclass whose autoencoder alone knows the size of the pictures: its U-Net takes latents of any."""

    # Any: so typeshed has it, and this is what makes a class one that ``replace`` takes.
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def codec(self) -> LatentCodec: ...


def has_autoencoder(prior: DiffusionPrior) -> bool:
    """Whether ``at_image_size`` and ``recompute`` know how to spare memory by it."""
    return isinstance(prior, Coded)


def at_image_size(prior: DiffusionPrior, image_size: int) -> DiffusionPrior:
    """The same networks, shown pictures of this many pixels a side; never of more than now.

    Raises ValueError for a size that the autoencoder does not divide, and for a prior without an autoencoder to ask.
    """
    if image_size >= prior.image_size:
        return prior
    if not isinstance(prior, Coded):
        raise ValueError(
            f"{type(prior).__name__} sees pictures of {prior.image_size} pixels and has no autoencoder that could show "
            f"it {image_size}; use a recipe and an economy that leave its size alone"
        )
    return replace(prior, codec=prior.codec.at_size(image_size))
