"""What a run gives up for memory changes neither its gradients nor where its networks end up."""

from dataclasses import dataclass, field, replace

import pytest
import torch
from any_to_3d.backend.generator.cameras import CameraBatch, CameraRange
from any_to_3d.backend.generator.condition import StageZero, prepare_condition, reference_camera, sample_reference
from any_to_3d.backend.generator.economy import Economy
from any_to_3d.backend.generator.generate import Step, generate
from any_to_3d.backend.generator.losses.score_distillation import SDS
from any_to_3d.backend.generator.losses.volume import ZVariance
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.generator.recipe import ReferenceSampling, Weighted
from any_to_3d.backend.generator.recipes import builtin
from any_to_3d.backend.generator.rendering.view import View
from any_to_3d.backend.generator.rendering.views import Views
from any_to_3d.backend.generator.terms import Terms
from any_to_3d.backend.models.protocols import Condition
from oracle import ImageTargetPrior
from tiny_recipe import tiny
from toy_world import IMAGE_SIZE, MeanColourEncoder, paint_ball, runtime

ORBIT = CameraRange(elevation=(-15, 45), azimuth=(-180, 180), distance=(2.5, 2.5), fov_y=(40, 40))


@dataclass(frozen=True)
class Counted(ImageTargetPrior):
    """Remembers how many pictures it is shown at a time, and where it was put."""

    shown: list[int] = field(default_factory=list)
    painted: list[int] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    def move(self, device: torch.device) -> None:
        self.places.append(str(device))

    def encode(self, image: torch.Tensor, rng: torch.Generator | None = None) -> torch.Tensor:
        self.shown.append(len(image))
        return super().encode(image, rng)

    def denoise(self, noisy: torch.Tensor, *rest: object) -> torch.Tensor:
        self.painted.append(len(noisy))
        return super().denoise(noisy, *rest)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        self.painted.append(len(latents))
        return super().decode(latents)


class Pictures:
    """A scene that is one picture for each of five cameras."""

    def __init__(self) -> None:
        self.pixels = torch.nn.Parameter(torch.rand(5, 3, 16, 16, generator=torch.Generator().manual_seed(1)))

    def render(self, cameras: CameraBatch, channels: frozenset[str]) -> View:
        return View(cameras, rgb=self.pixels * 1.0)


def gradient(economy: Economy) -> tuple[torch.Tensor, torch.Tensor, Counted]:
    """Of an SDS whose denoiser knows the target: no draw of noise or timestep changes z - z_hat."""
    prior = Counted(paint_ball, IMAGE_SIZE, std=0.0)
    world = replace(runtime(), planar=prior, economy=economy)
    sds = SDS("planar", guidance_scale=1.0, weighting="x0", image_weight=0.5)
    phase = replace(builtin.COARSE, losses=(Weighted(sds, 3.0),))
    terms = Terms(phase, world, StageZero(Condition(torch.ones(1, 6)), is_reference_accepted=False))
    scene = Pictures()
    cameras = ORBIT.sample(5, 16, torch.Generator().manual_seed(0))
    views = Views(scene, {"random": cameras}, terms.channels(0))
    losses = terms.accumulate(views, 0, 0.0)
    views.backward()
    return scene.pixels.grad, losses["sds planar"], prior


@pytest.mark.parametrize("at_once", [1, 2, 4])
def test_fewer_pictures_at_a_time_give_the_same_gradient_and_loss(at_once: int) -> None:
    whole, loss, prior = gradient(Economy())
    assert prior.shown == [5]
    parts, same_loss, prior = gradient(Economy(images_at_once=at_once))
    assert max(prior.shown) == at_once
    assert sum(prior.shown) == 5
    torch.testing.assert_close(parts, whole, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(same_loss, loss)


def test_a_network_is_on_the_device_only_while_it_is_needed() -> None:
    prior = Counted(paint_ball, IMAGE_SIZE)
    with Economy(offload=True).at_hand((prior,), torch.device("cuda:0")):
        assert prior.places == ["cuda:0"]
    assert prior.places == ["cuda:0", "cpu"]
    with pytest.raises(RuntimeError), Economy(offload=True).at_hand((prior,), torch.device("cuda:0")):
        raise RuntimeError("out of memory")
    assert prior.places[2:] == ["cuda:0", "cpu"]


def test_with_offload_a_network_comes_once_to_be_bound_and_once_for_its_loss() -> None:
    *_, prior = gradient(Economy(offload=True, images_at_once=2))
    assert len(prior.places) == 2 * 2


def test_without_offload_no_network_is_moved() -> None:
    *_, prior = gradient(Economy())
    assert prior.places == []


def reference_views(economy: Economy) -> tuple[torch.Tensor, Counted]:
    prior = Counted(paint_ball, IMAGE_SIZE, std=0.3)
    world = replace(runtime(), planar=prior, economy=economy)
    sampling = ReferenceSampling(candidates=5, steps=2)
    camera = reference_camera(sampling, IMAGE_SIZE, world.device)
    making = sample_reference(Condition(torch.ones(1, 6)), camera, sampling, world)
    try:
        while True:
            next(making)
    except StopIteration as done:
        return done.value, prior


@pytest.mark.parametrize("at_once", [1, 2])
def test_the_reference_views_candidates_are_the_same_by_fewer_at_a_time(at_once: int) -> None:
    """Denoised, and above all decoded: the autoencoder's memory is that of all it is shown together."""
    together, prior = reference_views(Economy())
    assert prior.painted == [5, 5, 5]
    apart, prior = reference_views(Economy(images_at_once=at_once))
    assert max(prior.painted) == at_once
    assert sum(prior.painted) == 5 * 3
    torch.testing.assert_close(apart, together)


def test_with_offload_stage_0_calls_for_one_network_at_a_time() -> None:
    """To read the prompt, to paint, to choose: each time it comes and goes before the next one comes."""
    places: list[str] = []

    class Told(MeanColourEncoder):
        def move(self, device: torch.device) -> None:
            places.append("encoder")

    @dataclass(frozen=True)
    class Prior(ImageTargetPrior):
        def move(self, device: torch.device) -> None:
            places.append("prior")

    prior, encoder = Prior(paint_ball, IMAGE_SIZE), Told()
    world = replace(runtime(), planar=prior, joint=encoder, image_encoder=encoder, economy=Economy(offload=True))
    making = prepare_condition(Prompt.from_text("a ball"), ReferenceSampling(candidates=2, steps=2), world)
    for _ in making:
        pass
    # Device and host are both the CPU here: of each pair the first call is the coming and the second the going.
    assert places == ["encoder"] * 2 + ["prior"] * 2 + ["encoder"] * 2


def test_losses_without_a_network_see_the_whole_view() -> None:
    """Rays belong to all cameras together, so that portions of a view have none."""
    cameras = ORBIT.sample(2, 16, torch.Generator().manual_seed(0))
    portions = list(Economy(images_at_once=1).portions(View(cameras, rgb=torch.zeros(2, 3, 16, 16))))
    assert [(len(view.cameras), share) for view, share in portions] == [(1, 0.5), (1, 0.5)]
    assert all(view.rays is None for view, _ in portions)
    recipe = tiny(2, 1, 1)
    assert any(isinstance(weighted.loss, ZVariance) for weighted in recipe.phases[0].losses)
    batched = replace(recipe, phases=tuple(replace(phase, batch=2) for phase in recipe.phases))
    world = replace(runtime(), economy=Economy(images_at_once=1, offload=True))
    steps = [step for step in generate(batched, Prompt.from_text("a ball"), world) if isinstance(step, Step)]
    assert len(steps) == 4


def test_portions_of_one_camera_or_more_than_all_are_the_view_itself() -> None:
    cameras = ORBIT.sample(2, 16, torch.Generator().manual_seed(0))
    view = View(cameras, rgb=torch.zeros(2, 3, 16, 16))
    assert list(Economy(images_at_once=2).portions(view)) == [(view, 1.0)]
    assert list(Economy().portions(view)) == [(view, 1.0)]
