"""What a network sees and says, in the variance-exploding terms of the priors' interface.

Symbols: z noisy = clean + sigma * eps | a = 1 / sqrt(1 + sigma^2), s = sigma / sqrt(1 + sigma^2) |
         x_t = a z = a * clean + s * eps, the latent as the network was trained to see it | v = a * eps - s * clean
"""

from typing import Literal, get_args

from jaxtyping import Float
from torch import Tensor

PredictionType = Literal["epsilon", "v_prediction"]


def prediction_type_named(name: str, where: str) -> PredictionType:
    """The scheduler's own word for what its network predicts; ``where`` is quoted in the ValueError for any other."""
    known: tuple[PredictionType, ...] = get_args(PredictionType)
    for kind in known:
        if name == kind:
            return kind
    raise ValueError(f"{where}: prediction_type is {name!r}; this program knows {', '.join(known)}")


def network_input(noisy: Float[Tensor, "B C h w"], sigma: Float[Tensor, "B"]) -> Float[Tensor, "B C h w"]:
    """x_t = z / sqrt(1 + sigma^2)."""
    return noisy / (1 + _per_image(sigma) ** 2).sqrt()


def clean_estimate(
    prediction_type: PredictionType,
    output: Float[Tensor, "B C h w"],
    noisy: Float[Tensor, "B C h w"],
    sigma: Float[Tensor, "B"],
) -> Float[Tensor, "B C h w"]:
    """The clean latents that a network's output implies (Salimans and Ho 2022, appendix D).

    epsilon: (x_t - s eps) / a = z - sigma eps.  v_prediction: a x_t - s v, written without a and s.
    """
    noise_level = _per_image(sigma)
    if prediction_type == "epsilon":
        return noisy - noise_level * output
    return (noisy / (1 + noise_level**2).sqrt() - noise_level * output) / (1 + noise_level**2).sqrt()


def _per_image(sigma: Float[Tensor, "B"]) -> Float[Tensor, "B 1 1 1"]:
    return sigma[:, None, None, None]
