"""Regularisers of the radiance field (paper Eq. 6-7; L_nv)."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ...models.protocols import Condition, Signal
from ..rendering.view import Channel, View
from ..runtime import Runtime
from .term import ViewName


def z_variance(weights: Float[Tensor, "R S"], z: Float[Tensor, "R S"]) -> Float[Tensor, ""]:
    """Mean variance of sample depth along foreground rays (XBind Eq. 6-7, after HiFA).

    weights: rendering weights, >= 0, row sums in [0, 1].  z: depth in world units, increasing along S.
    Rays whose weights sum to 0.5 or less count as background and give 0; the mean is over the others (threestudio
    magic123.py; the paper's mean over all rays would reward background). Differentiable in weights.

    >>> z_variance(torch.tensor([[0.5, 0.5]]), torch.tensor([[1.0, 3.0]]))
    tensor(1.)
    """
    alpha = weights.sum(dim=1, keepdim=True)
    share = weights / alpha.clamp_min(1e-5)
    depth = (share * z).sum(dim=1, keepdim=True)
    variance = (share * (z - depth).square()).sum(dim=1)
    is_foreground = (alpha[:, 0] > 0.5).float()
    return (variance * is_foreground).sum() / is_foreground.sum().clamp_min(1)


@dataclass(frozen=True)
class ZVariance:
    """L_nz: surfaces instead of fog."""

    name: str = "z variance"
    view: ViewName = "random"
    needs_reference: bool = False

    def channels(self, guide: Signal) -> frozenset[Channel]:
        return frozenset({"rays"})

    def bind(self, runtime: Runtime, condition: Condition, guide: Signal) -> "BoundZVariance":
        return BoundZVariance()


class BoundZVariance:
    def __call__(self, view: View, progress: float) -> Float[Tensor, ""]:
        assert view.rays is not None, "this view was rendered without rays"
        return z_variance(view.rays.weights, view.rays.z)


@dataclass(frozen=True)
class NormalSmoothness:
    """L_nv on the rendered normal map.

    differences: mean squared forward differences (threestudio magic123.py).  blur: squared distance from its own
    Gaussian blur, kernel 9, sigma 1.7 (RealFusion nerf/trainer.py).
    """

    mode: Literal["differences", "blur"] = "differences"
    name: str = "normal smoothness"
    view: ViewName = "random"
    needs_reference: bool = False

    def channels(self, guide: Signal) -> frozenset[Channel]:
        return frozenset({"normal"})

    def bind(self, runtime: Runtime, condition: Condition, guide: Signal) -> "BoundNormalSmoothness":
        return BoundNormalSmoothness(self.mode)


@dataclass(frozen=True)
class BoundNormalSmoothness:
    mode: Literal["differences", "blur"]

    def __call__(self, view: View, progress: float) -> Float[Tensor, ""]:
        normal = view.image("normal")
        if self.mode == "blur":
            return (normal - blurred(normal).detach()).square().mean()
        down = (normal[:, :, 1:] - normal[:, :, :-1]).square().mean()
        right = (normal[..., 1:] - normal[..., :-1]).square().mean()
        return down + right


def blurred(image: Float[Tensor, "B C H W"], size: int = 9, sigma: float = 1.7) -> Float[Tensor, "B C H W"]:
    """Gaussian blur with reflected borders."""
    offsets = torch.arange(size, device=image.device, dtype=image.dtype) - size // 2
    kernel = torch.exp(-offsets.square() / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).expand(image.shape[1], 1, size)
    padded = torch.nn.functional.pad(image, (size // 2,) * 4, mode="reflect")
    rows = torch.nn.functional.conv2d(padded, kernel[:, :, None, :], groups=image.shape[1])
    return torch.nn.functional.conv2d(rows, kernel[:, :, :, None], groups=image.shape[1])
