"""How a phase's losses become gradients: cut views, weights, balance and broken gradients."""

from dataclasses import dataclass, replace

import pytest
import torch
from any_to_3d.backend.generator.condition import StageZero
from any_to_3d.backend.generator.losses.score_distillation import SDS
from any_to_3d.backend.generator.recipe import Balanced, Phase, Weighted
from any_to_3d.backend.generator.recipes import builtin
from any_to_3d.backend.generator.remedies import Remedies
from any_to_3d.backend.generator.rendering.view import View
from any_to_3d.backend.generator.rendering.views import Views
from any_to_3d.backend.generator.representations.scene import GenerationFailed
from any_to_3d.backend.generator.runtime import Runtime
from any_to_3d.backend.generator.terms import Terms, _remedied
from any_to_3d.backend.models.protocols import Condition
from oracle import GaussianPrior
from toy_world import camera_at, runtime


@dataclass(frozen=True)
class Brightness:
    """The summed image times a factor, as a loss."""

    factor: float = 1.0
    name: str = "brightness"
    view: str = "random"
    needs_reference: bool = False

    def channels(self, guide: str) -> frozenset[str]:
        return frozenset({"rgb"})

    def bind(self, runtime: Runtime, condition: Condition, guide: str):
        return lambda view, progress: self.factor * view.rgb.sum()


@dataclass
class Flickering:
    """Brightness that is no number but in its ``good`` uses."""

    good: frozenset[int]
    uses: int = 0
    name: str = "flickering"
    view: str = "random"
    needs_reference: bool = False

    def channels(self, guide: str) -> frozenset[str]:
        return frozenset({"rgb"})

    def bind(self, runtime: Runtime, condition: Condition, guide: str):
        return self

    def __call__(self, view: View, progress: float) -> torch.Tensor:
        factor = 1.0 if self.uses in self.good else float("nan")
        self.uses += 1
        return factor * view.rgb.sum()


class Canvas:
    """A scene that is one image; counts its renders."""

    def __init__(self) -> None:
        self.pixels = torch.nn.Parameter(torch.full((1, 3, 4, 4), 0.5))
        self.renders = 0

    def render(self, cameras, channels) -> View:
        self.renders += 1
        return View(cameras, rgb=self.pixels * 2, alpha=torch.ones(1, 1, 4, 4))


def phase_of(*losses: Weighted) -> Phase:
    return replace(builtin.COARSE, losses=losses)


def views_of(scene: Canvas) -> Views:
    cameras = camera_at(0, 0, size=4)
    return Views(scene, {"random": cameras, "reference": cameras}, {"random": frozenset(), "reference": frozenset()})


def terms_of(*losses: Weighted, is_reference_accepted: bool = True) -> Terms:
    return Terms(phase_of(*losses), runtime(), StageZero(Condition(torch.ones(1, 6)), is_reference_accepted))


def use(terms: Terms, indices: range) -> None:
    for index in indices:
        terms.accumulate(views_of(Canvas()), index, 0.0)


def test_a_view_is_rendered_once_and_walked_back_once_for_all_losses() -> None:
    scene = Canvas()
    views, terms = views_of(scene), terms_of(Weighted(Brightness(), 3.0), Weighted(Brightness(2.0, "other"), 0.5))
    losses = terms.accumulate(views, 0, 0.0)
    views.backward()
    assert scene.renders == 1
    assert losses["brightness"].item() == pytest.approx(48.0)
    assert torch.all(scene.pixels.grad == 2 * (3.0 * 1.0 + 0.5 * 2.0))


def test_a_loss_is_used_every_nth_step() -> None:
    terms = terms_of(Weighted(Brightness(), 1.0, every=3))
    used = [bool(terms.accumulate(views_of(Canvas()), index, 0.0)) for index in range(6)]
    assert used == [True, False, False, True, False, False]


def test_a_non_finite_gradient_drops_the_loss_for_that_step_only() -> None:
    scene = Canvas()
    views, terms = views_of(scene), terms_of(Weighted(Brightness(float("nan"))), Weighted(Brightness(1.0, "sound")))
    terms.accumulate(views, 0, 0.0)
    views.backward()
    assert torch.all(scene.pixels.grad == 2.0)


def test_twenty_broken_steps_stop_the_run_with_the_losses_name() -> None:
    terms = terms_of(Weighted(Brightness(float("inf"))))
    for index in range(19):
        terms.accumulate(views_of(Canvas()), index, 0.0)
    with pytest.raises(GenerationFailed, match="loss brightness gave no finite gradient for 20 steps"):
        terms.accumulate(views_of(Canvas()), 19, 0.0)


def test_one_good_step_ends_a_broken_streak() -> None:
    loss = Flickering(good=frozenset({10}))
    terms = terms_of(Weighted(loss))
    use(terms, range(31))
    with pytest.raises(GenerationFailed, match="loss flickering"):
        use(terms, range(31, 40))


def test_a_prior_that_gives_nothing_finite_stops_the_run() -> None:
    broken = replace(runtime(), planar=GaussianPrior(torch.full((3, 4, 4), float("nan")), 0.3))
    phase = replace(builtin.COARSE, losses=(Weighted(SDS("planar", 1.0)),))
    terms = Terms(phase, broken, StageZero(Condition(torch.ones(1, 6)), True))
    with pytest.raises(GenerationFailed, match="loss sds planar gave no finite gradient"):
        use(terms, range(20))


def test_one_broken_gradient_does_not_spoil_a_balance_for_good() -> None:
    weight = Balanced("flickering", ratio=0.5, low=0.001, warm_up=1)
    strong = Weighted(Flickering(good=frozenset(range(1, 9))))
    terms = terms_of(strong, Weighted(Brightness(4.0, "weak"), weight))
    for index in range(4):
        scene = Canvas()
        views = views_of(scene)
        terms.accumulate(views, index, 0.0)
        views.backward()
    torch.testing.assert_close(scene.pixels.grad, torch.full_like(scene.pixels, 2 * (1 + 0.5)))


def test_smoothing_doubles_only_the_laplacian() -> None:
    scene = Canvas()
    views, terms = views_of(scene), terms_of(Weighted(Brightness(1.0, "laplacian")), Weighted(Brightness(1.0)))
    terms.accumulate(views, 0, 0.0, Remedies(smoothing=4.0))
    views.backward()
    assert torch.all(scene.pixels.grad == 2 * (4.0 + 1.0))


def test_while_resting_only_the_reference_is_compared_with() -> None:
    wanting = Weighted(replace(Brightness(name="compares"), needs_reference=True))
    terms = terms_of(wanting, Weighted(Brightness()))
    remedies = Remedies(resting_until=5)
    assert [list(terms.accumulate(views_of(Canvas()), index, 0.0, remedies)) for index in (4, 5)] == [
        ["compares"],
        ["compares", "brightness"],
    ]


def test_a_limit_lowers_the_guidance_of_score_distillation_only() -> None:
    bound = SDS("planar", 100.0).bind(runtime(), Condition(torch.ones(1, 6)), "rgb")
    assert _remedied(bound, Remedies(guidance_limit=50.0)).guidance_limit == 50.0
    assert _remedied(bound, Remedies()) is bound
    other = Brightness().bind(runtime(), Condition(torch.ones(1, 6)), "rgb")
    assert _remedied(other, Remedies(guidance_limit=50.0)) is other


def test_a_balanced_weight_settles_at_its_share_of_the_other_gradient() -> None:
    weight = Balanced("strong", ratio=0.2, start=10.0, low=0.001, high=1000.0, warm_up=5)
    terms = terms_of(Weighted(Brightness(100.0, "strong")), Weighted(Brightness(4.0, "weak"), weight))
    for index in range(30):
        scene = Canvas()
        views = views_of(scene)
        terms.accumulate(views, index, 0.0)
        views.backward()
        expected = 2 * (100 + 4 * (10.0 if index < 5 else 0.2 * 100 / 4))
        torch.testing.assert_close(scene.pixels.grad, torch.full_like(scene.pixels, expected))


def test_losses_against_the_reference_rest_when_it_was_not_accepted() -> None:
    wanting = Weighted(replace(Brightness(name="compares"), needs_reference=True))
    assert [t.name for t in terms_of(wanting, Weighted(Brightness()), is_reference_accepted=False).terms] == [
        "brightness"
    ]


def test_the_stereo_prior_shares_the_random_view_unless_it_has_its_own_camera() -> None:
    wanting = Weighted(replace(Brightness(), view="stereo"))
    assert set(terms_of(wanting).channels(0)) == {"random"}
