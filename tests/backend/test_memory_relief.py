"""The order in which a job gives things up, and where that leaves its networks."""

from dataclasses import dataclass, field, replace

import pytest
import torch
from any_to_3d.backend.generator.economy import Economy
from any_to_3d.backend.generator.recipe import Recipe
from any_to_3d.backend.generator.recipes import builtin, xbind
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.memory_relief import next_relief, under
from any_to_3d.backend.models.random_networks import NARROW, random_networks
from generator.toy_world import paint_ball, runtime
from oracle import ImageTargetPrior

GPU = torch.device("cuda:0")


@dataclass(frozen=True)
class Placed(ImageTargetPrior):
    places: list[str] = field(default_factory=list)

    def move(self, device: torch.device) -> None:
        self.places.append(str(device))


def on_a_gpu(image_size: int) -> Runtime:
    return replace(runtime(), device=GPU, planar=Placed(paint_ball, image_size), stereo=Placed(paint_ball, 256))


def with_networks(image_size: int) -> Runtime:
    """Real ones, small, as an autoencoder is what makes pictures smaller; ``image_size`` of the 2D prior."""
    networks = random_networks(torch.device("cpu"), shapes=replace(NARROW, image_size=image_size))
    return replace(runtime(), device=GPU, planar=networks.planar)


UNLIMITED = replace(
    xbind.XBIND, phases=tuple(replace(phase, batch=4, planar_size=None) for phase in xbind.XBIND.phases)
)


def ladder(world: Runtime, recipe: Recipe) -> list[Economy]:
    economies, economy = [], Economy()
    while relief := next_relief(economy, world, recipe):
        assert relief.notice
        assert relief.economy != economy
        economy = relief.economy
        economies.append(economy)
    return economies


def test_time_goes_first_then_detail_then_much_time() -> None:
    assert ladder(with_networks(768), UNLIMITED) == [
        Economy(images_at_once=1),
        Economy(images_at_once=1, recompute=True),
        Economy(images_at_once=1, recompute=True, largest_image=512),
        Economy(images_at_once=1, recompute=True, largest_image=512, offload=True),
    ]


def test_what_would_change_nothing_is_left_out() -> None:
    """Of a prior or a recipe of small pictures, of one picture at a time, and of a CPU."""
    without_size = [
        Economy(images_at_once=1),
        Economy(images_at_once=1, recompute=True),
        Economy(images_at_once=1, recompute=True, offload=True),
    ]
    assert ladder(with_networks(512), UNLIMITED) == without_size
    assert ladder(with_networks(768), xbind.XBIND) == without_size
    alone = replace(builtin.XBIND, reference=replace(builtin.XBIND.reference, candidates=1))
    assert ladder(on_a_gpu(64), alone) == [Economy(offload=True)]
    assert ladder(runtime(), alone) == []


def test_the_candidates_of_the_reference_view_are_pictures_as_well() -> None:
    assert ladder(on_a_gpu(64), builtin.XBIND)[0] == Economy(images_at_once=1)


def test_smaller_pictures_are_not_offered_where_the_prior_cannot_be_shown_them() -> None:
    """An economy that names them nonetheless is refused, rather than left without effect."""
    world = on_a_gpu(768)
    assert [economy.largest_image for economy in ladder(world, UNLIMITED)] == [None, None]
    with pytest.raises(ValueError, match="Placed sees pictures of 768 pixels"):
        under(Economy(largest_image=512), world)


def test_under_a_largest_image_the_prior_sees_that_and_keeps_its_networks() -> None:
    world = replace(with_networks(768), device=torch.device("cpu"))
    smaller = under(Economy(largest_image=512), world)
    assert (smaller.planar.image_size, world.planar.image_size) == (512, 768)
    assert smaller.planar.unet is world.planar.unet


def test_networks_wait_where_the_economy_says() -> None:
    world = on_a_gpu(768)
    under(Economy(offload=True), world)
    under(Economy(), world)
    for prior in (world.planar, world.stereo):
        assert isinstance(prior, Placed)
        assert prior.places == ["cpu", "cuda:0"]


def test_autoencoders_recompute_exactly_under_an_economy_that_says_so() -> None:
    world = replace(with_networks(64), device=torch.device("cpu"))
    network = world.planar.codec.network
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    gradients = []
    for is_on in (False, True, False):
        under(Economy(recompute=is_on), world)
        assert network.is_gradient_checkpointing == is_on
        gradients.append(torch.autograd.grad(world.planar.encode(image).sum(), image)[0])
    torch.testing.assert_close(gradients[1], gradients[0])
    torch.testing.assert_close(gradients[2], gradients[0])
