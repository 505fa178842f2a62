"""The object, seen from the reference camera, looks like the reference view (paper Eq. 11)."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ...models.protocols import Condition, Signal
from ..rendering.view import Channel, View
from ..runtime import Runtime
from .term import ViewName


@dataclass(frozen=True)
class ReferenceView:
    """rgb, mask: omega_rgb and omega_mask (threestudio magic123-hifa-coarse-sd.yaml). A zero leaves its part out.

    Both parts are means of squared errors: the paper's squared norms, as every implementation has them.
    """

    rgb: float = 1000.0
    mask: float = 100.0
    name: str = "reference"
    view: ViewName = "reference"
    needs_reference: bool = True

    def channels(self, guide: Signal) -> frozenset[Channel]:
        return frozenset({"alpha", "rgb"}) if self.rgb else frozenset({"alpha"})

    def bind(self, runtime: Runtime, condition: Condition, guide: Signal) -> "BoundReferenceView":
        image, mask = condition.reference_image, condition.reference_mask
        assert image is not None, "the reference loss was bound without a reference view"
        assert mask is not None, "the reference loss was bound without a reference mask"
        return BoundReferenceView(self, image, mask)


@dataclass(frozen=True)
class BoundReferenceView:
    spec: ReferenceView
    image: Float[Tensor, "1 3 H W"]
    mask: Float[Tensor, "1 1 H W"]

    def __call__(self, view: View, progress: float) -> Float[Tensor, ""]:
        assert view.alpha is not None, "this view was rendered without alpha"
        size = view.alpha.shape[-2:]
        mask = (_resized(self.mask, size) > 0.5).float()
        loss = self.spec.mask * (view.alpha - mask).square().mean()
        if self.spec.rgb:
            difference = mask * (view.image("rgb") - _resized(self.image, size))
            loss = loss + self.spec.rgb * difference.square().mean()
        return loss


def _resized(image: Float[Tensor, "1 C H W"], size: torch.Size) -> Float[Tensor, "1 C h w"]:
    """Area average downwards, bilinear upwards."""
    if size[0] <= image.shape[-2]:
        return torch.nn.functional.interpolate(image, size=size, mode="area")
    return torch.nn.functional.interpolate(image, size=size, mode="bilinear")
