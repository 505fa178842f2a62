"""What a run does without when memory is short."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from ..models.protocols import Movable
from .rendering.view import View

HOST = torch.device("cpu")


@dataclass(frozen=True)
class Economy:
    """Nothing is given up by default.

    images_at_once: how many of a step's pictures, or of the reference view's candidates, a network sees at a time, None
    for all; it changes no gradient but by its random draws.  largest_image: pixels a side of what the 2D prior sees,
    None for its own size.  recompute: the priors' autoencoders keep little of a picture for its gradient and compute
    the rest twice, which changes nothing but time.
    offload: networks wait in main memory while other losses are computed.
    """

    images_at_once: int | None = None
    recompute: bool = False
    largest_image: int | None = None
    offload: bool = False

    def slices(self, count: int) -> Iterator[slice]:
        """Which of ``count`` pictures are shown together, in turn."""
        together = count if self.images_at_once is None else self.images_at_once
        for first in range(0, count, together):
            yield slice(first, min(first + together, count))

    def portions(self, view: View) -> Iterator[tuple[View, float]]:
        """The pictures that are shown together, and their share of all."""
        count = len(view.cameras)
        if self.images_at_once is None or self.images_at_once >= count:
            yield view, 1.0
            return
        for some in self.slices(count):
            yield view.images_of(some), (some.stop - some.start) / count

    @contextmanager
    def at_hand(self, networks: tuple[Movable, ...], device: torch.device) -> Iterator[None]:
        """The networks are on the device in here; with ``offload``, nowhere else.

        Take gradients through them before leaving: their weights move away under the graph.
        """
        if not self.offload:
            yield
            return
        for network in networks:
            network.move(device)
        try:
            yield
        finally:
            for network in networks:
                network.move(HOST)


NOTHING_GIVEN_UP = Economy()
