"""The object keeps the outline of the shape that the phase began with, from wherever it is seen."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from ...models.protocols import Condition, Signal
from ..rendering.view import Channel, View
from ..runtime import Runtime
from .term import ViewName


@dataclass(frozen=True)
class KeptOutline:
    """The mean squared difference of the two coverages, in the step's random views. Not in the paper."""

    name: str = "kept outline"
    view: ViewName = "random"
    needs_reference: bool = False

    def channels(self, guide: Signal) -> frozenset[Channel]:
        return frozenset({"alpha", "outline"})

    def bind(self, runtime: Runtime, condition: Condition, guide: Signal) -> "BoundKeptOutline":
        return BoundKeptOutline()


class BoundKeptOutline:
    def __call__(self, view: View, progress: float) -> Float[Tensor, ""]:
        assert view.alpha is not None, "this view was rendered without alpha"
        assert view.outline is not None, "this view was rendered without the first outline"
        return (view.alpha - view.outline).square().mean()
