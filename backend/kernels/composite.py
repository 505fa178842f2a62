"""Volume rendering of samples along rays, in torch: the meaning of the fast compositors.

    tau_i = sigma_i * delta_i | alpha_i = 1 - exp(-tau_i) | T_i = exp(-sum_{j<i} tau_j) | w_i = T_i * alpha_i

(Max 1995; Mildenhall et al. 2020, Eq. 3.)
"""

import torch
from jaxtyping import Float
from torch import Tensor

Composite = tuple[Float[Tensor, "R C"], Float[Tensor, "R S"], Float[Tensor, "R 1"], Float[Tensor, "R 1"]]


def composite(
    sigma: Float[Tensor, "R S"],
    delta: Float[Tensor, "R S"],
    values: Float[Tensor, "R S C"],
    z: Float[Tensor, "R S"],
) -> Composite:
    """Accumulated values [R, C], sample weights [R, S], alpha [R, 1] and depth [R, 1] of R rays of S samples.

    sigma: density, >= 0 (0 masks a sample); delta: its length; z: its distance, near to far. No background is added:
    depth is sum(w z), not divided by alpha. Differentiable in all four.

    >>> composite(*[torch.ones(1, 1)] * 2, torch.ones(1, 1, 3), torch.ones(1, 1))[2]
    tensor([[0.6321]])
    """
    tau = sigma * delta
    weights = torch.exp(-(tau.cumsum(dim=1) - tau)) * -torch.expm1(-tau)
    accumulated = (weights[:, :, None] * values).sum(dim=1)
    return accumulated, weights, weights.sum(dim=1, keepdim=True), (weights * z).sum(dim=1, keepdim=True)
