"""The views of one step: each rendered once, when first asked for, and back-propagated together.

Losses see leaves. Their gradients are added up there, so that a network's graph is freed before the next one is built
(peak memory is that of the largest loss), and the renderer is walked back only once.
"""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from ..cameras import CameraBatch
from ..losses.term import ViewName
from ..representations.scene import Scene
from .view import Channel, View


class Views:
    """cameras: who looks; channels: what each view must show."""

    def __init__(
        self,
        scene: Scene,
        cameras: Mapping[ViewName, CameraBatch],
        channels: Mapping[ViewName, frozenset[Channel]],
    ) -> None:
        self._scene, self._cameras, self._channels = scene, cameras, channels
        self._rendered: dict[ViewName, View] = {}
        self._cut: dict[ViewName, View] = {}

    def __getitem__(self, name: ViewName) -> View:
        if name not in self._cut:
            self._rendered[name] = self._scene.render(self._cameras[name], self._channels[name])
            self._cut[name] = self._rendered[name].cut()
        return self._cut[name]

    def rendered(self, name: ViewName) -> View | None:
        """This view, if some loss has asked for it."""
        return self._cut.get(name)

    def gradients(self, name: ViewName, loss: Float[Tensor, ""]) -> list[Tensor | None]:
        """Gradients of a loss with respect to a view's tensors, None where it does not depend on one."""
        leaves = list(self[name].tensors())
        wanted = [leaf for leaf in leaves if leaf.requires_grad]
        if not wanted or not loss.requires_grad:
            return [None] * len(leaves)
        found = iter(torch.autograd.grad(loss, wanted, allow_unused=True))
        return [next(found) if leaf.requires_grad else None for leaf in leaves]

    def add(self, name: ViewName, gradients: Sequence[Tensor | None]) -> None:
        """Add gradients to what this view sends back."""
        for leaf, gradient in zip(self[name].tensors(), gradients, strict=True):
            if gradient is not None:
                leaf.grad = gradient if leaf.grad is None else leaf.grad + gradient

    def backward(self) -> None:
        """Carry all gradients through the renderer into the scene's parameters."""
        tensors, gradients = [], []
        for name, view in self._cut.items():
            for source, leaf in zip(self._rendered[name].tensors(), view.tensors(), strict=True):
                if leaf.grad is not None:
                    tensors.append(source)
                    gradients.append(leaf.grad)
        if tensors:
            torch.autograd.backward(tensors, gradients)
