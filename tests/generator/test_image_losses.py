"""Modality similarity with its augmentations, and the reference view."""

import pytest
import torch
from any_to_3d.backend.generator.losses.augmentation import homography, random_crop, random_perspective
from any_to_3d.backend.generator.losses.modality_similarity import ModalitySimilarity
from any_to_3d.backend.generator.losses.reference_view import ReferenceView
from any_to_3d.backend.generator.rendering.view import View
from any_to_3d.backend.models.protocols import Condition
from toy_world import MeanColourEncoder, camera_at, runtime


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def view_of(image: torch.Tensor, alpha: torch.Tensor | None = None) -> View:
    mask = torch.ones_like(image[:, :1]) if alpha is None else alpha
    return View(camera_at(0, 0), rgb=image.requires_grad_(), alpha=mask)


PLAIN_ONLY = ModalitySimilarity(global_count=0, local_count=0)
EMBEDDING = MeanColourEncoder().embed_text(["ball"])


def test_homography_takes_corners_to_corners() -> None:
    source = torch.tensor([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    target = torch.tensor([[-0.8, -1], [1, -0.7], [0.9, 0.9], [-1, 0.6]])
    mapped = torch.nn.functional.pad(source, (0, 1), value=1.0) @ homography(source, target).T
    torch.testing.assert_close(mapped[:, :2] / mapped[:, 2:], target)


def test_perspective_with_probability_zero_is_the_identity() -> None:
    image = torch.rand(2, 3, 16, 16, generator=seeded())
    torch.testing.assert_close(random_perspective(image, 0.0, 0.5, 1.0, seeded()), image, atol=1e-4, rtol=0)


@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_perspective_shrinks_the_image_and_fills_with_the_background(fill: float) -> None:
    image = torch.full((1, 3, 32, 32), 0.5)
    turned = random_perspective(image, 1.0, 0.5, fill, seeded())
    assert turned[0, 0, 0, 0].item() == pytest.approx(fill, abs=1e-4)
    assert turned[0, 0, 16, 16].item() == pytest.approx(0.5, abs=1e-4)


def test_crops_are_drawn_until_they_show_the_object() -> None:
    """The object is one quarter of the image; crops of a quarter's area often miss it, chosen ones rarely do."""
    image = torch.zeros(1, 1, 64, 64)
    image[..., :32, :32] = 1.0
    shares = [random_crop(image, image, (0.25, 0.3), 0.2, 16, seeded(n)).mean().item() for n in range(30)]
    blind = [random_crop(image, image, (0.25, 0.3), 0.0, 16, seeded(n)).mean().item() for n in range(30)]
    assert sum(share >= 0.15 for share in shares) > sum(share >= 0.15 for share in blind)
    assert sum(share >= 0.15 for share in shares) >= 24


def test_crop_is_inside_the_image_and_differentiable() -> None:
    image = torch.rand(1, 3, 32, 32, generator=seeded()).requires_grad_()
    crop = random_crop(image, torch.ones(1, 1, 32, 32), (0.25, 0.6), 0.2, 16, seeded())
    crop.sum().backward()
    assert crop.shape == (1, 3, 16, 16)
    assert 0 < (image.grad.sum(dim=1) > 0).float().mean() < 1


def test_plain_similarity_is_minus_the_cosine() -> None:
    image = torch.rand(2, 3, 16, 16, generator=seeded())
    bound = PLAIN_ONLY.bind(runtime(), Condition(EMBEDDING), "rgb")
    cosine = (MeanColourEncoder().embed_image(image) * EMBEDDING).sum(dim=1).mean()
    assert bound(view_of(image), 0.0).item() == pytest.approx(-cosine.item(), rel=1e-5)


def test_all_three_branches_sum_to_minus_three_for_a_perfect_picture() -> None:
    """A constant picture keeps its mean under crops; without perspective nothing of the fill shows."""
    colour = torch.tensor([0.3, 0.6, 0.2]).view(1, 3, 1, 1).expand(1, 3, 16, 16).clone()
    embedding = MeanColourEncoder().embed_image(colour)
    bound = ModalitySimilarity(perspective=0.0).bind(runtime(), Condition(embedding), "rgb")
    assert bound(view_of(colour), 0.0).item() == pytest.approx(-3.0, abs=1e-3)


def test_descending_the_loss_raises_the_similarity() -> None:
    image = torch.rand(1, 3, 16, 16, generator=seeded())
    bound, view = PLAIN_ONLY.bind(runtime(), Condition(EMBEDDING), "rgb"), view_of(image)
    before = bound(view, 0.0)
    better = view_of((image - 20 * torch.autograd.grad(before, view.rgb)[0]).detach())
    assert bound(better, 0.0) < before


def reference_loss(rgb: float, mask: float, image: torch.Tensor, alpha: torch.Tensor) -> float:
    target, target_mask = torch.zeros(1, 3, 8, 8), torch.zeros(1, 1, 8, 8)
    target_mask[..., :4] = 1.0
    condition = Condition(EMBEDDING, reference_image=target, reference_mask=target_mask)
    return ReferenceView(rgb, mask).bind(runtime(), condition, "rgb")(view_of(image, alpha), 0.0).item()


def test_reference_colours_count_only_inside_the_mask() -> None:
    image = torch.zeros(1, 3, 8, 8)
    image[..., 4:] = 1.0  # wrong, but outside of m
    assert reference_loss(1.0, 0.0, image, torch.ones(1, 1, 8, 8)) == 0
    assert reference_loss(1.0, 0.0, torch.ones(1, 3, 8, 8), torch.ones(1, 1, 8, 8)) == pytest.approx(0.5)


def test_reference_mask_counts_everywhere() -> None:
    assert reference_loss(0.0, 1.0, torch.zeros(1, 3, 8, 8), torch.ones(1, 1, 8, 8)) == pytest.approx(0.5)
    assert reference_loss(0.0, 1.0, torch.zeros(1, 3, 8, 8), torch.zeros(1, 1, 8, 8)) == pytest.approx(0.5)


@pytest.mark.parametrize("size", [4, 16])
def test_reference_is_brought_to_the_size_of_the_render(size: int) -> None:
    image = torch.zeros(1, 3, size, size)
    alpha = torch.zeros(1, 1, size, size)
    alpha[..., : size // 2] = 1.0
    assert reference_loss(1.0, 1.0, image, alpha) == pytest.approx(0.0, abs=1e-6)


def test_mask_only_reference_asks_for_no_colours() -> None:
    assert ReferenceView(rgb=0.0).channels("normal") == {"alpha"}
