"""What a loss is: data that says what it needs, then a bound object that is called with a view."""

from typing import Literal, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from ...models.protocols import Condition, Movable, Signal
from ..rendering.view import Channel, View
from ..runtime import Runtime

ViewName = Literal["random", "stereo", "reference"]
"""random: this step's cameras.  stereo: their directions as the 3D-aware prior wants them.  reference: that of x_r."""


class BoundLoss(Protocol):
    """A loss that holds its models and tensors."""

    def __call__(self, view: View, progress: float) -> Float[Tensor, ""]:
        """The unweighted scalar; differentiable in the view's tensors only."""
        ...


@runtime_checkable
class SeenByNetwork(Protocol):
    """A loss that shows every picture of a view to a network by itself, and takes the mean over them."""

    @property
    def network(self) -> Movable: ...


class Loss(Protocol):
    """A loss as data, before any model is loaded."""

    @property
    def name(self) -> str:
        """Short and unique within a phase; keys the reported losses and the random streams."""
        ...

    @property
    def view(self) -> ViewName: ...

    @property
    def needs_reference(self) -> bool:
        """Whether it compares with x_r and m, and must rest where no reference view was accepted."""
        ...

    def channels(self, guide: Signal) -> frozenset[Channel]:
        """What the renderer must provide in a phase that shows ``guide`` to the priors."""
        ...

    def bind(self, runtime: Runtime, condition: Condition, guide: Signal) -> BoundLoss: ...
