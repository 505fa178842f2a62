"""The object keeps something of the colours that the run began with: its brightness, or all of them."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from ...models.protocols import Condition, Signal
from ..rendering.view import Channel, View
from ..runtime import Runtime
from .term import ViewName

LUMA = (0.299, 0.587, 0.114)
"""Rec. 601: the brightness of displayed RGB."""


@dataclass(frozen=True)
class KeptColours:
    """brightness, colour: weights of the mean squared change of luma, and of all three channels, over the object.

    Light and dark, and with them what is drawn, then outlast a change of hue. Not in the paper.
    """

    brightness: float
    colour: float = 0.0
    name: str = "kept colours"
    view: ViewName = "random"
    needs_reference: bool = False

    def channels(self, guide: Signal) -> frozenset[Channel]:
        return frozenset({"rgb", "alpha", "before"})

    def bind(self, runtime: Runtime, condition: Condition, guide: Signal) -> "BoundKeptColours":
        return BoundKeptColours(self)


@dataclass(frozen=True)
class BoundKeptColours:
    spec: KeptColours

    def __call__(self, view: View, progress: float) -> Float[Tensor, ""]:
        assert view.alpha is not None, "this view was rendered without alpha"
        assert view.before is not None, "this view was rendered without the colours before"
        change = view.image("rgb") - view.before.detach()
        # Not torch.tensor(LUMA): copied in every step, it would stop an accelerator.
        red, green, blue = change.unbind(dim=1)
        luma = LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue
        size = view.alpha.detach().sum().clamp_min(1)
        brightness = luma.square().sum() / size
        return self.spec.brightness * brightness + self.spec.colour * change.square().sum() / size
