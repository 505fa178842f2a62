"""The networks that only read conditions: on the device while a prior reads one, in main memory for the rest of a run.

Stable unCLIP's text encoder and Zero-1-to-3's image tower weigh as much as the encoder of the similarity loss, and are
asked once a phase.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import nn

from ..models.clip_vision import ClipVision
from ..models.cross_text import CrossText, TextTokens
from ..models.protocols import DiffusionPrior, Movable
from .economy import HOST


@runtime_checkable
class _ReadsWords(Protocol):
    @property
    def cross_text(self) -> CrossText: ...


@runtime_checkable
class _ReadsPictures(Protocol):
    @property
    def vision(self) -> ClipVision: ...


@dataclass(frozen=True)
class _Network:
    module: nn.Module

    def move(self, device: torch.device) -> None:
        self.module.to(device)


@contextmanager
def readers_at_hand(prior: DiffusionPrior, device: torch.device) -> Iterator[None]:
    """What the prior reads conditions by is on the device in here, and in main memory afterwards."""
    for reader in _readers(prior):
        reader.move(device)
    try:
        yield
    finally:
        put_readers_away(prior)


def put_readers_away(prior: DiffusionPrior) -> None:
    """To main memory, until a condition is to be read."""
    for reader in _readers(prior):
        reader.move(HOST)


def _readers(prior: DiffusionPrior) -> Iterator[Movable]:
    if isinstance(prior, _ReadsWords) and isinstance(prior.cross_text, TextTokens):
        yield _Network(prior.cross_text.encoder)
    if isinstance(prior, _ReadsPictures):
        yield prior.vision
