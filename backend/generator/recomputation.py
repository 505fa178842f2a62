"""A prior's autoencoder that keeps little for the backward pass, and computes the rest a second time."""

from ..models.protocols import DiffusionPrior
from .prior_size import Coded


def recompute(prior: DiffusionPrior, is_on: bool) -> None:
    """Encoding keeps what passes between the autoencoder's blocks only, or all of it again. Gradients stay the same.

    Nothing happens to a prior without an autoencoder. Source: Chen et al. 2016, by diffusers' own switch.
    """
    if not isinstance(prior, Coded):
        return
    if is_on:
        prior.codec.network.enable_gradient_checkpointing()
    else:
        prior.codec.network.disable_gradient_checkpointing()
