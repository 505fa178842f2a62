"""The modality similarity loss: renders embed close to the prompt (paper Eq. 2).

Symbols: C_m embedding of the prompt | E image encoder | G global, L local, Z plain augmentation | W_i = 1 / n
Eq. 2 is a similarity; it is minimised here, so every cosine carries a minus sign.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import cosine_similarity, interpolate

from ...models.protocols import Condition, ImageEncoder, Movable, Signal
from ..rendering.view import Channel, View
from ..runtime import Runtime
from .augmentation import random_crop, random_perspective
from .term import ViewName


@dataclass(frozen=True)
class ModalitySimilarity:
    """Counts of the three branches: Text2Mesh's demos (n_augs 1, n_normaugs 4) and one plain image.

    perspective, distortion: probability and strength (Text2Mesh main.py).  local_area, local_foreground: share of the
    image in a local crop, and of the object in it (Text2Mesh crops 0.1 to 0.4; of whole objects that shows background).
    """

    global_weight: float = 1.0
    local_weight: float = 1.0
    plain_weight: float = 1.0
    global_count: int = 1
    local_count: int = 4
    perspective: float = 0.8
    distortion: float = 0.5
    local_area: tuple[float, float] = (0.25, 0.6)
    local_foreground: float = 0.2
    name: str = "modality similarity"
    view: ViewName = "random"
    needs_reference: bool = False

    @property
    def picture_count(self) -> int:
        """How many pictures of each view the encoder is shown together."""
        return 1 + self.global_count + self.local_count

    def channels(self, guide: Signal) -> frozenset[Channel]:
        return frozenset({guide, "alpha"})

    def bind(self, runtime: Runtime, condition: Condition, guide: Signal) -> "BoundModalitySimilarity":
        return BoundModalitySimilarity(
            self, runtime.image_encoder, condition.embedding, guide, runtime.rng("augmentation")
        )


@dataclass(frozen=True)
class BoundModalitySimilarity:
    spec: ModalitySimilarity
    encoder: ImageEncoder
    embedding: Float[Tensor, "1 E"]
    guide: Signal
    generator: torch.Generator

    @property
    def network(self) -> Movable:
        return self.encoder

    def __call__(self, view: View, progress: float) -> Float[Tensor, ""]:
        assert view.alpha is not None, "this view was rendered without alpha"
        image, spec = view.image(self.guide), self.spec
        pictures = [self._resized(image, "bicubic")]  # as the encoder does itself
        pictures += [self._turned(self._resized(image, "bilinear")) for _ in range(spec.global_count)]
        pictures += [self._turned(self._crop(image, view.alpha.detach())) for _ in range(spec.local_count)]
        # One pass for all: their graphs live until the gradient is taken in any case, and a GPU is kept busy.
        plain, *others = self._similarities(torch.cat(pictures)).view(len(pictures), -1).mean(dim=1)
        loss = -spec.plain_weight * plain
        for similarity in others[: spec.global_count]:
            loss = loss - spec.global_weight / spec.global_count * similarity
        for similarity in others[spec.global_count :]:
            loss = loss - spec.local_weight / spec.local_count * similarity
        return loss

    def _similarities(self, images: Float[Tensor, "N 3 S S"]) -> Float[Tensor, "N"]:
        """cos(C_m, E(x)) of each."""
        return cosine_similarity(self.encoder.embed_image(images).float(), self.embedding, dim=-1)

    def _resized(
        self, image: Float[Tensor, "B 3 H W"], mode: Literal["bilinear", "bicubic"]
    ) -> Float[Tensor, "B 3 S S"]:
        size = (self.encoder.input_size, self.encoder.input_size)
        return image if image.shape[-2:] == size else interpolate(image, size=size, mode=mode, antialias=True)

    def _crop(self, image: Float[Tensor, "B 3 H W"], alpha: Float[Tensor, "B 1 H W"]) -> Float[Tensor, "B 3 S S"]:
        area, foreground = self.spec.local_area, self.spec.local_foreground
        return random_crop(image, alpha, area, foreground, self.encoder.input_size, self.generator)

    def _turned(self, image: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B 3 S S"]:
        background = 1.0 if self.guide == "rgb" else 0.0
        return random_perspective(image, self.spec.perspective, self.spec.distortion, background, self.generator)
