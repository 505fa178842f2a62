"""What is put right on the way, and what stops a run."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from any_to_3d.backend.generator import checkpoint
from any_to_3d.backend.generator.condition import StageZero
from any_to_3d.backend.generator.generate import Step, generate
from any_to_3d.backend.generator.guards import Guard, GuardState, saturation
from any_to_3d.backend.generator.losses.score_distillation import SDS
from any_to_3d.backend.generator.prompt import Prompt
from any_to_3d.backend.generator.recipe import Phase, Recipe, Weighted
from any_to_3d.backend.generator.remedies import Remedies
from any_to_3d.backend.generator.rendering.view import View
from any_to_3d.backend.generator.rendering.views import Views
from any_to_3d.backend.generator.representations.dmtet import DmtetScene
from any_to_3d.backend.generator.representations.nerf import NerfScene
from any_to_3d.backend.generator.representations.scene import GenerationFailed, Scene
from any_to_3d.backend.models.protocols import Condition
from tiny_recipe import tiny
from toy_world import camera_at, runtime

BALL = Prompt.from_text("a red ball")
ACCEPTED = StageZero(Condition(torch.ones(1, 6), reference_mask=torch.zeros(1, 1, 8, 8)), True)


class Picture:
    """A scene that shows one picture and cannot learn."""

    def __init__(self, rgb: float = 1.0, alpha: float = 0.0, red: float = 0.0) -> None:
        colour = torch.tensor([rgb + red, rgb, rgb]).view(1, 3, 1, 1)
        self.view = View(camera_at(0, 0, size=8), rgb=colour.expand(1, 3, 8, 8), alpha=torch.full((1, 1, 8, 8), alpha))

    def views(self) -> Views:
        views = Views(self, {"random": self.view.cameras}, {"random": frozenset()})
        assert views["random"] is not None
        return views

    def render(self, cameras, channels) -> View:
        return self.view


def coarse_of(steps: int) -> tuple[Phase, NerfScene, Guard]:
    phase = replace(tiny().phases[0], steps=steps)
    scene = phase.start.build(runtime())
    return phase, scene, Guard(phase, ACCEPTED, scene, phase.optimiser.bind(scene))


def geometry_of() -> tuple[DmtetScene, Guard]:
    phase = replace(tiny().phases[1], steps=500)
    scene = phase.start.build(runtime())
    with torch.no_grad():
        scene.sdf.copy_(scene.lattice.norm(dim=1) - 0.5)
    return scene, Guard(phase, ACCEPTED, scene, phase.optimiser.bind(scene))


@torch.no_grad()
def empty(scene: DmtetScene) -> None:
    scene.sdf.fill_(1.0)


@torch.no_grad()
def dissolve(scene: NerfScene) -> None:
    """A density far below that of any object, everywhere."""
    first, *_, last = (layer for layer in scene.field.density_mlp if isinstance(layer, torch.nn.Linear))
    scene.field.grid.table.fill_(1.0)
    first.weight.fill_(1.0)
    last.weight.fill_(-10.0)


def watch(guard: Guard, views: Views, indices: range) -> None:
    for index in indices:
        guard.after_step(views, index)


def begin(scene: Scene, guard: Guard, index: int) -> None:
    scene.begin_step(index, 0.0)
    guard.before_step(index)


def test_an_empty_nerf_begins_anew_once_with_a_larger_ball_led_by_the_reference() -> None:
    phase, scene, guard = coarse_of(500)
    with torch.no_grad():
        scene.field.density_mlp[0].weight.fill_(7.0)
        scene.occupancy.occupied.fill_(False)
    empty = Picture().views()
    watch(guard, empty, range(19))
    assert scene.field.blob_radius.item() == pytest.approx(phase.start.field.blob_radius)
    guard.after_step(empty, 19)
    assert scene.field.blob_radius.item() == pytest.approx(1.2 * phase.start.field.blob_radius)
    assert scene.field.density_mlp[0].weight.max() < 1
    assert scene.occupancy.occupied.all()
    assert guard.remedies == Remedies(resting_until=40)
    with pytest.raises(GenerationFailed, match="the object disappeared for 20 steps"):
        watch(guard, empty, range(20, 40))


def test_an_object_seen_now_and_then_is_left_alone() -> None:
    _, _, guard = coarse_of(500)
    for index in range(100):
        guard.after_step(Picture(alpha=0.9 if index % 15 == 0 else 0.0).views(), index)
    assert guard.state().rescues == 0


def test_late_in_phase_one_a_vanished_object_stops_the_run() -> None:
    _, _, guard = coarse_of(100)
    with pytest.raises(GenerationFailed, match="try another seed"):
        watch(guard, Picture().views(), range(60, 100))


def test_a_run_whose_object_vanished_finds_it_again() -> None:
    """After 10 steps somebody empties the field; within the same run the ball is back."""
    recipe = Recipe("tiny", tiny(150, 1, 1).phases[:1], tiny().reference)
    for step in generate(recipe, BALL, runtime()):
        if isinstance(step, Step) and step.index == 10:
            dissolve(step.scene)
    assert step.running.guard.state().rescues == 1
    view = step.scene.render(camera_at(0, 0, size=16), frozenset({"alpha"}))
    assert view.alpha[0, 0, 8, 8] > 0.5


def test_a_vanished_surface_comes_back_and_moves_more_slowly() -> None:
    scene, guard = geometry_of()
    begin(scene, guard, 0)
    before = scene.extract().vertices
    empty(scene)
    begin(scene, guard, 1)
    assert torch.equal(scene.extract().vertices, before)
    assert guard.remedies.pace == pytest.approx(0.3)


def test_a_surface_that_vanishes_again_and_again_stops_the_run() -> None:
    scene, guard = geometry_of()
    begin(scene, guard, 0)
    for index in range(1, 4):
        empty(scene)
        begin(scene, guard, index)
    empty(scene)
    with pytest.raises(GenerationFailed, match="the surface vanished"):
        begin(scene, guard, 4)


def test_a_texture_phase_without_a_surface_stops_the_run() -> None:
    phase = tiny().phases[2]
    scene = phase.start.build(runtime())
    with pytest.raises(GenerationFailed, match="the surface vanished"):
        begin(scene, Guard(phase, ACCEPTED, scene, phase.optimiser.bind(scene)), 0)


def test_a_crumpled_mesh_is_smoothed_twice_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    scene, guard = geometry_of()
    begin(scene, guard, 0)
    assert guard.remedies.smoothing == 1.0
    monkeypatch.setattr("any_to_3d.backend.generator.guards.MOST_FACES", scene.face_count() - 1)
    for index in range(1, 201):
        guard.before_step(index)
    assert guard.remedies.smoothing == 4.0, "at steps 100 and 200"


def burning(guidance_scale: float) -> Guard:
    phase = replace(tiny().phases[2], steps=400, losses=(Weighted(SDS("planar", guidance_scale)),))
    scene = phase.start.build(runtime())
    return Guard(phase, ACCEPTED, scene, phase.optimiser.bind(scene))


def test_burnt_colours_lower_the_guidance() -> None:
    guard, burnt = burning(100.0), Picture(rgb=0.05, red=0.9, alpha=1.0).views()
    watch(guard, burnt, range(39))
    assert guard.remedies.guidance_limit is None
    guard.after_step(burnt, 39)
    assert guard.remedies.guidance_limit == 50.0


def test_colours_that_recover_keep_the_guidance() -> None:
    guard = burning(100.0)
    for index in range(400):
        guard.after_step(Picture(rgb=0.05, red=0.9 if index % 30 else 0.0, alpha=1.0).views(), index)
    assert guard.remedies.guidance_limit is None


def test_a_bright_red_object_of_a_gently_guided_prior_is_no_fault() -> None:
    guard = burning(3.0)
    watch(guard, Picture(rgb=0.0, red=1.0, alpha=1.0).views(), range(400))
    assert guard.remedies == Remedies()


def test_saturation_is_that_of_the_objects_own_colour() -> None:
    """Half-transparent red (1, 0.2, 0.2) on white is (1, 0.52, 0.52) at alpha 0.6: saturation 0.8 either way."""
    assert saturation(Picture(rgb=0.2, red=0.8, alpha=1.0).view).item() == pytest.approx(0.8)
    assert saturation(Picture(rgb=0.52, red=0.48, alpha=0.6).view).item() == pytest.approx(0.8, abs=1e-5)
    assert saturation(Picture(rgb=0.0, red=1.0, alpha=0.0).view).item() == 0.0


def test_a_checkpoint_keeps_what_the_guard_has_changed(tmp_path: Path) -> None:
    step = next(item for item in generate(tiny(2, 1, 1), BALL, runtime()) if isinstance(item, Step))
    state = GuardState(Remedies(0.3, 2.0, 50.0, 7), empty=3, burnt=4, rescues=1, judged_step=9)
    step.running.guard.restore(state)
    step.scene.field.blob_radius.fill_(0.6)
    checkpoint.save(step, tmp_path / "checkpoint")
    saved = checkpoint.load(tmp_path / "checkpoint")
    assert saved.guard == state
    other = next(item for item in generate(tiny(2, 1, 1), BALL, runtime(), resume=saved) if isinstance(item, Step))
    assert other.running.guard.remedies == state.remedies
    assert other.scene.field.blob_radius.item() == pytest.approx(0.6)
