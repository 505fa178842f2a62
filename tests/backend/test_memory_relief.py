"""The order in which a job gives things up, and where that leaves its networks."""

from dataclasses import dataclass, field, replace

import torch
from any_to_3d.backend.generator.economy import Economy
from any_to_3d.backend.generator.recipes import builtin, xbind
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.memory_relief import next_relief, under
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


def ladder(world: Runtime, recipe=xbind.XBIND) -> list[Economy]:
    economies, economy = [], Economy()
    while relief := next_relief(economy, world, recipe):
        assert relief.notice
        assert relief.economy != economy
        economy = relief.economy
        economies.append(economy)
    return economies


def test_batches_go_first_then_size_then_the_networks_places() -> None:
    assert ladder(on_a_gpu(768)) == [
        Economy(images_at_once=1),
        Economy(images_at_once=1, largest_image=512),
        Economy(images_at_once=1, largest_image=512, offload=True),
    ]


def test_what_would_change_nothing_is_left_out() -> None:
    """Of a recipe that shows one picture at a time, a prior of small pictures, and a CPU."""
    assert ladder(on_a_gpu(512)) == [Economy(images_at_once=1), Economy(images_at_once=1, offload=True)]
    assert ladder(on_a_gpu(64), builtin.XBIND) == [Economy(offload=True)]
    assert ladder(runtime(), builtin.XBIND) == []


def test_networks_wait_where_the_economy_says() -> None:
    world = on_a_gpu(768)
    under(Economy(offload=True), world)
    under(Economy(), world)
    for prior in (world.planar, world.stereo):
        assert isinstance(prior, Placed)
        assert prior.places == ["cpu", "cuda:0"]
