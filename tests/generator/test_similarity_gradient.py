"""The modality similarity's gradient with all its augmentations, against finite differences."""

import pytest
import torch
from any_to_3d.backend.generator.losses.modality_similarity import ModalitySimilarity
from any_to_3d.backend.generator.rendering.view import View
from any_to_3d.backend.models.protocols import Condition
from torch import Tensor
from toy_world import camera_at, runtime

SIDE = 20


class SmoothEncoder:
    """Embeds an image by a smooth random map of all its pixels; as fine as the image's own number type."""

    input_size = 12

    def __init__(self) -> None:
        self.weights = torch.randn(8, 3 * 12 * 12, generator=torch.Generator().manual_seed(3), dtype=torch.float64)

    def move(self, device: torch.device) -> None:
        pass

    def embed_image(self, image: Tensor) -> Tensor:
        small = torch.nn.functional.interpolate(image, size=(12, 12), mode="bilinear", antialias=True)
        return torch.nn.functional.normalize((0.1 * small.flatten(1) @ self.weights.T.to(image)).tanh(), dim=1)


def similarity(image: Tensor, spec: ModalitySimilarity) -> Tensor:
    """The loss with the same augmentations at every call."""
    world, encoder = runtime(seed=4), SmoothEncoder()
    bound = spec.bind(world, Condition(encoder.embed_image(torch.full((1, 3, 12, 12), 0.3)).float()), "rgb")
    alpha = torch.zeros(len(image), 1, SIDE, SIDE, dtype=image.dtype)
    alpha[..., 4:16, 4:16] = 1.0
    bound = type(bound)(bound.spec, encoder, bound.embedding, bound.guide, bound.generator)
    return bound(View(camera_at(0, 0), rgb=image, alpha=alpha), 0.0)


@pytest.mark.parametrize(
    "spec",
    [
        ModalitySimilarity(global_count=0, local_count=0),
        ModalitySimilarity(plain_weight=0.0, local_count=0, perspective=1.0),
        ModalitySimilarity(plain_weight=0.0, global_count=0, perspective=1.0),
        ModalitySimilarity(),
    ],
    ids=["plain", "global", "local", "all"],
)
def test_similarity_gradient_agrees_with_finite_differences(spec: ModalitySimilarity) -> None:
    rng = torch.Generator().manual_seed(0)
    image = torch.rand(2, 3, SIDE, SIDE, generator=rng, dtype=torch.float64).requires_grad_()
    (gradient,) = torch.autograd.grad(similarity(image, spec), image)
    # Along its own direction the difference is largest beside float32's rounding of the cosine.
    direction = gradient / gradient.norm()
    step = 0.05
    with torch.no_grad():
        rise = similarity(image + step * direction, spec) - similarity(image - step * direction, spec)
    assert (rise / (2 * step)).item() == pytest.approx(gradient.norm().item(), rel=5e-3)


def test_the_gradient_points_away_from_the_prompt() -> None:
    """Against the gradient every branch's cosine grows: Eq. 2 is a similarity, and its negative is minimised."""
    image = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1)).requires_grad_()
    before = similarity(image, ModalitySimilarity())
    (gradient,) = torch.autograd.grad(before, image)
    with torch.no_grad():
        after = similarity(image - 5 * gradient, ModalitySimilarity())
    assert -3 <= after < before
